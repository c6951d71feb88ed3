"""What every request passes before Streamlit sees it."""
