"""The product, whose first new order loses its database connection just before the service begins."""

import psycopg2
from django.db import connection

from config.wsgi import application
from orders import services

__all__ = ["application"]
take_order = services.take_order


def take_order_after_a_cut(new):
    services.take_order = take_order
    with psycopg2.connect(**connection.get_connection_params()) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    return take_order(new)


services.take_order = take_order_after_a_cut
