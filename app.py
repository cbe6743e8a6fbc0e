"""The entry: what the server imports once, and what it runs for every visitor (`python -m streamlit run app.py`)."""

import streamlit as st

if __name__ == "__main__":
    from ui import router

    router.run()
else:
    from ui import server

    app = st.App(
        __file__,
        lifespan=server.lifespan,
        middleware=server.MIDDLEWARE,
        on_script_error=server.on_script_error,
    )
