-- Rows number `first` to `last` of the generated tables.

-- name: customers
INSERT INTO demo.customers
SELECT n,
       demo.pick(n, 1, 'Ana', 'José', 'Zoë', 'Łukasz', 'Siobhán', 'Renée "Ren"', '小龍', 'Анна',
                 'محمد', 'Priya', 'Nguyễn', 'Σωκράτης', 'Ægir', '太郎', 'Emma', 'Noah')
         || ' ' ||
       demo.pick(n, 2, 'García', 'Müller', 'O''Brien', 'Smith, Jr.', 'Żółć', '李', 'Иванова',
                 'علي', 'नायर', 'Văn An', 'Παπάς', 'Þórsson', '山田', 'Brown & Sons', '<Doe>'),
       'customer' || n || '@' ||
         demo.pick(n, 3, 'example.com', 'mail.example.org', 'shop.example.net'),
       CASE WHEN demo.draw(n, 4, 5) > 0
            THEN '+1 ' || 200 + demo.draw(n, 5, 700) || ' 555 01'
                 || lpad(demo.draw(n, 6, 100)::text, 2, '0')
       END,
       CASE WHEN demo.draw(n, 7, 9) > 0 THEN date '1940-01-01' + demo.draw(n, 8, 24000)::integer END,
       demo.pick(n, 9, 'Calle Mayor ', 'Main Street ', 'Lindenstraße ', 'Rue de l''Église ',
                 'ul. Długa ') || 1 + demo.draw(n, 10, 250),
       lpad(demo.draw(n, 11, 100000)::text, 5, '0'),
       demo.pick(n, 12, 'Madrid', 'Leeds', 'Köln', 'Lyon', 'Łódź', 'São Paulo', '東京', 'Москва'),
       demo.pick(n, 13, 'ES', 'GB', 'DE', 'FR', 'PL', 'BR', 'JP'),
       demo.draw(n, 14, 2) = 1,
       timestamptz '2015-01-01 00:00:00+00' + demo.draw(n, 15, 300000000) * interval '1 second'
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n;

-- name: orders
INSERT INTO demo.orders
SELECT n,
       md5('order ' || n)::uuid,
       customer,
       'customer' || customer || '@' ||
         demo.pick(customer, 3, 'example.com', 'mail.example.org', 'shop.example.net'),
       (demo.draw(n, 21, 2000000) - 100000)::numeric / 100,
       demo.draw(n, 22, 10) > 0,
       date '2019-01-01' + demo.draw(n, 23, 2000)::integer,
       timestamptz '2019-01-01 00:00:00+00' + demo.draw(n, 23, 2000)::integer * interval '1 day'
         + demo.draw(n, 24, 86400000) * interval '1 millisecond',
       demo.pick(n, 25, 'new', 'paid', 'packed', 'shipped', 'delivered', 'returned', 'cancelled'),
       lpad(demo.draw(n, 26, 100000)::text, 5, '0'),
       jsonb_build_object('channel', demo.pick(n, 27, 'web', 'app', 'shop', 'api'),
                          'items', 1 + demo.draw(n, 28, 8),
                          'tags', jsonb_build_array('t' || n %% 17, 't' || n %% 23)),
       CASE WHEN n %% 3 = 0 THEN NULL
            WHEN n %% 10 = 1 THEN E'First line\nsecond, with "quotes", a comma and <tags>'
            WHEN n %% 50 = 2 THEN '=HYPERLINK("https://example.com","not a formula")'
            WHEN n %% 50 = 4 THEN '-12.50 deducted'
            WHEN n %% 50 = 5 THEN ''
            WHEN n %% 50 = 7 THEN E'back\\slash, tab\there, \\N is no null'
            ELSE 'Leave it with the neighbour, door ' || 1 + demo.draw(n, 29, 99)
       END
FROM (SELECT n, 1 + demo.draw(n, 20, %(customers)s::bigint) AS customer
      FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n) AS drawn;
