"""Lending: what a loan earns, owes and is paid, as pure functions of its terms and its events.

`time` counts days and finds due dates, `rates` solves annual rates by law, `schedule` makes the
instalments. Money is whole minor units; rates are exact fractions; each row is rounded once.
"""
