-- The derived tables, built once at load from `transactions` and `customers`. Static text, portable dialect.
-- An order: the lines of one customer with one order number on one day. Without an order number, lines with the same
-- customer and time of day are one order, else each line is one. A day is part of the key so that a return booked
-- later on the same number stays in its own month, and receipt numbers that start over do not melt together.

CREATE OR REPLACE TABLE orders AS
SELECT
    customer_id,
    order_key,
    ordered_on,
    min(ordered_at) AS first_at,
    12 * year(ordered_on) + month(ordered_on) - 1 AS month_no,
    sum(amount) AS sales,
    sum(line_margin) AS margin,
    count(line_margin) AS n_margin_lines,
    count(*) AS n_lines,
    sum(quantity) AS quantity,
    sum(discount) AS discount,
    sum(bonus_used) AS bonus_used,
    sum(amount) < 0 AS is_return,
    min(store) AS store,
    min(channel) AS channel,
    min(campaign_id) AS campaign_id
FROM (
    SELECT
        customer_id, ordered_at, amount, quantity, discount, bonus_used, store, channel, campaign_id,
        cast(ordered_at AS DATE) AS ordered_on,
        coalesce(margin, amount - cost) AS line_margin,
        CASE
            WHEN order_id IS NOT NULL AND customer_id IS NOT NULL THEN order_id
            WHEN order_id IS NOT NULL THEN order_id || ' ' || coalesce(store, '')
            WHEN customer_id IS NOT NULL AND cast(ordered_at AS TIME) <> TIME '00:00:00' THEN 't' || cast(ordered_at AS VARCHAR)
            ELSE 'l' || cast(file_id AS VARCHAR) || ' ' || cast(line AS VARCHAR)
        END AS order_key
    FROM transactions) AS lines
GROUP BY customer_id, order_key, ordered_on
ORDER BY customer_id, ordered_on, order_key;

CREATE OR REPLACE TABLE customer_months AS
SELECT
    customer_id,
    month_no,
    sum(CASE WHEN is_return THEN 0 ELSE 1 END) AS n_orders,
    sum(CASE WHEN is_return THEN 1 ELSE 0 END) AS n_returns,
    sum(sales) AS sales,
    sum(CASE WHEN is_return THEN 0 ELSE sales END) AS purchases,
    sum(margin) AS margin
FROM orders
WHERE customer_id IS NOT NULL
GROUP BY customer_id, month_no
ORDER BY customer_id, month_no;

CREATE OR REPLACE TABLE customer_facts AS
WITH places AS (
    SELECT customer_id, max({'n': n, 'name': store}).name AS main_store
    FROM (
        SELECT customer_id, store, count(*) AS n FROM orders
        WHERE NOT is_return AND customer_id IS NOT NULL AND store IS NOT NULL GROUP BY customer_id, store) AS counted
    GROUP BY customer_id),
ways AS (
    SELECT customer_id, max({'n': n, 'name': channel}).name AS main_channel, count(*) AS n_channels
    FROM (
        SELECT customer_id, channel, count(*) AS n FROM orders
        WHERE NOT is_return AND customer_id IS NOT NULL AND channel IS NOT NULL GROUP BY customer_id, channel) AS counted
    GROUP BY customer_id),
bought AS (
    SELECT
        customer_id,
        min(CASE WHEN is_return THEN NULL ELSE ordered_on END) AS first_order_on,
        max(CASE WHEN is_return THEN NULL ELSE ordered_on END) AS last_order_on,
        sum(CASE WHEN is_return THEN 0 ELSE 1 END) AS n_orders,
        sum(CASE WHEN is_return THEN 1 ELSE 0 END) AS n_returns,
        sum(sales) AS sales,
        sum(margin) AS margin,
        min(CASE WHEN is_return THEN NULL ELSE {'d': first_at, 's': coalesce(store, '')} END).s AS first_store,
        min(CASE WHEN is_return THEN NULL ELSE {'d': first_at, 's': coalesce(channel, '')} END).s AS first_channel
    FROM orders
    WHERE customer_id IS NOT NULL
    GROUP BY customer_id),
known AS (
    SELECT customer_id FROM bought
    UNION
    SELECT customer_id FROM customers)
SELECT
    known.customer_id,
    bought.first_order_on,
    bought.last_order_on,
    coalesce(bought.n_orders, 0) AS n_orders,
    coalesce(bought.n_returns, 0) AS n_returns,
    coalesce(bought.sales, 0) AS sales,
    bought.margin,
    nullif(bought.first_store, '') AS first_store,
    nullif(bought.first_channel, '') AS first_channel,
    places.main_store,
    ways.main_channel,
    ways.n_channels,
    bought.customer_id IS NOT NULL AS has_transactions
FROM known
LEFT JOIN bought ON bought.customer_id = known.customer_id
LEFT JOIN places ON places.customer_id = known.customer_id
LEFT JOIN ways ON ways.customer_id = known.customer_id
ORDER BY known.customer_id;

CREATE OR REPLACE TABLE month_cube AS
SELECT
    12 * year(ordered_at) + month(ordered_at) - 1 AS month_no,
    channel,
    store,
    category,
    customer_id IS NOT NULL AS identified,
    sum(amount) AS sales,
    sum(coalesce(margin, amount - cost)) AS margin,
    sum(CASE WHEN amount < 0 THEN amount ELSE 0 END) AS returned,
    sum(quantity) AS quantity,
    count(*) AS n_lines
FROM transactions
GROUP BY 12 * year(ordered_at) + month(ordered_at) - 1, channel, store, category, customer_id IS NOT NULL
ORDER BY month_no, channel, store, category, identified;
