"""Write cities.db, the file that Datasette serves."""

import sqlite3
from contextlib import closing

CITIES = [
    ("Lagos", "Nigeria", 15_388_000),
    ("Lima", "Peru", 10_719_000),
    ("London", "United Kingdom", 8_799_000),
    ("Manila", "Philippines", 1_846_000),
    ("Cusco", "Peru", 428_000),
    ("Leeds", "United Kingdom", 536_000),
    ("Kano", "Nigeria", 4_103_000),
]

with closing(sqlite3.connect("cities.db")) as database, database:
    database.execute("DROP TABLE IF EXISTS cities")
    database.execute("CREATE TABLE cities (id INTEGER PRIMARY KEY, name TEXT, country TEXT, population INTEGER)")
    database.executemany("INSERT INTO cities (name, country, population) VALUES (?, ?, ?)", CITIES)
