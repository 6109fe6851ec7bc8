# One image for every role: `waybill api`, `worker`, `relay`, `migrate`.
FROM python:3.13-slim AS kernel
RUN apt-get update \
 && apt-get install --yes --no-install-recommends cargo gcc libc6-dev
COPY kernel /kernel
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels /kernel

FROM python:3.13-slim AS build
WORKDIR /src
COPY .ci/uv.txt pyproject.toml requirements.lock ./
# What runs, with the versions and the hashes of the lock file, and nothing that only develops;
# compiled here, as who runs it may not write there and would compile it at every start.
RUN python -m pip install --no-cache-dir --require-hashes -r uv.txt \
 && uv venv /opt/waybill \
 && uv pip install --python /opt/waybill --no-cache --compile-bytecode --require-hashes \
      -r pyproject.toml --extra demo --constraint requirements.lock
COPY README.md LICENSE ./
COPY api api
COPY cli cli
COPY domain domain
COPY infra infra
COPY processors processors
COPY projections projections
COPY schemas schemas
COPY --from=kernel /wheels /wheels
RUN uv pip install --python /opt/waybill --no-cache --compile-bytecode --no-deps . /wheels/*.whl

FROM python:3.13-slim
# Debian packages of fonts for PDFs (docs/pdf.md): --build-arg FONTS=fonts-noto-cjk
ARG FONTS=
RUN if [ -n "$FONTS" ]; then apt-get update \
 && apt-get install --yes --no-install-recommends $FONTS \
 && rm -rf /var/lib/apt/lists/*; fi
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/waybill --create-home waybill
COPY --from=build /opt/waybill /opt/waybill
ENV PATH=/opt/waybill/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WAYBILL_DATA_DIR=/var/lib/waybill \
    WAYBILL_HOST=0.0.0.0
USER 10001:10001
WORKDIR /var/lib/waybill
VOLUME /var/lib/waybill
EXPOSE 8210
ENTRYPOINT ["waybill"]
CMD ["up"]
