"""Reusable modules, named by technology: each knows AWS or Cloudflare, none knows an environment.

A module is a package of three files, as in Terraform: `inputs.py` (typed data with the vendor's rules, standard
library only), `outputs.py` (what another unit may read, with its mock) and `main.py` (the construct). The files beside
the packages are what several of them share: the rules of inputs, and constructs such as a private bucket.
"""
