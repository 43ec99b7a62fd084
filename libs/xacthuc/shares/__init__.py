"""Everything that is held on one account, from every service that holds something (R51).

Each service answers for its own tables and writes down in its own record that it did; the `xacthuc` command makes one
document of the answers. Why no service asks the others: docs/decisions/0038-shares.md.
"""
