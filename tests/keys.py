"""Owns the data keys of tests: known, so that test and process open what the other sealed."""

import base64

KEYS = {
    "LINLI_DATA_KEYS": "t1:" + base64.b64encode(bytes(32)).decode("ascii"),
    "LINLI_INDEX_KEY": base64.b64encode(bytes(range(32))).decode("ascii"),
}
