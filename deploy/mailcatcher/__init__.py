"""A mail server that keeps all it is given and sends nothing on: for demos and tests, never for
production. `python -m deploy.mailcatcher --bind 127.0.0.1:1025 --http 127.0.0.1:1080 --folder …`
"""
