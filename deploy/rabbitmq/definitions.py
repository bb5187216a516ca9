"""Own what a RabbitMQ reads at its start: the administrator, who makes everything else."""

import base64
import hashlib
import json


def definitions(admin: str, password: str, salted_by: str) -> str:
    """Return a definitions file; the same words give the same file."""
    salt = hashlib.sha256(salted_by.encode()).digest()[:4]
    digest = hashlib.sha256(salt + password.encode()).digest()
    user = {
        "name": admin,
        "password_hash": base64.b64encode(salt + digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": ["administrator"],
    }
    return json.dumps({"users": [user]}, indent=2)
