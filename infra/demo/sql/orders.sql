-- Customers and orders that nobody placed: the same rows for the same numbers, everywhere.

DROP TABLE IF EXISTS demo.orders, demo.customers;

-- From 0 to below - 1, without a pattern that anybody would see. It is arithmetic, as PostgreSQL's
-- own hash functions may change between its versions.
CREATE OR REPLACE FUNCTION demo.draw(n bigint, salt bigint, below bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((n + salt * 7919) * 2654435761 % 4294967291) * 48271 % 2147483647) % below;

CREATE OR REPLACE FUNCTION demo.pick(n bigint, salt bigint, VARIADIC choices text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN choices[1 + demo.draw(n, salt, cardinality(choices))];

CREATE TABLE demo.customers (
    id         bigint NOT NULL,
    name       text NOT NULL,
    email      text NOT NULL,
    phone      text,
    born_on    date,
    street     text NOT NULL,
    postcode   text NOT NULL,
    city       text NOT NULL,
    country    text NOT NULL,
    newsletter boolean NOT NULL,
    joined_at  timestamptz NOT NULL
);

CREATE TABLE demo.orders (
    id          bigint NOT NULL,
    reference   uuid NOT NULL,
    customer_id bigint NOT NULL,
    email       text NOT NULL,
    amount      numeric(12, 2) NOT NULL,
    paid        boolean NOT NULL,
    ordered_on  date NOT NULL,
    created_at  timestamptz NOT NULL,
    status      text NOT NULL,
    postcode    text NOT NULL,
    details     jsonb NOT NULL,
    note        text
);
