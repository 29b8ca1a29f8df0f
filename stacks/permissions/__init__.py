"""What the roles of a pipeline may do: exactly what planning and deploying the units of one environment takes.

Each module is a subject: `describe()` is what planning reads of it, `change()` what deploying changes. policies.py
collects them, scope.py keeps them to one environment, and boundary.py is the most that any role of the units may do.
"""
