# Every target prepares the machine first; that costs nothing when all is there.
PYTHON := .venv/bin/python
LOCAL := $(PYTHON) -m deploy.local
.DEFAULT_GOAL := help
.PHONY: help up down status logs mail linli reset demo test bench contracts monitoring compose lint audit lock bootstrap bootstrap-tests coverage-of-demands
