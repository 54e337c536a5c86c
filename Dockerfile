# docker build -t vard-http .
# docker run -p 2379:2379 -v vard-data:/var/lib/vard-http vard-http
#
# Flags go after the name of the image, as they go after `vard-http`. What is set below is
# overridden by its variable only, as in -e VARD_ADVERTISE_CLIENT_URLS=http://10.0.0.1:2379: like
# etcd, vard-http refuses a setting that has a variable and a flag. Three nodes: config/compose.yaml.

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY vard_http vard_http
RUN python -m venv /opt/vard-http \
    && /opt/vard-http/bin/pip install --no-cache-dir .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 2379 --user-group --home-dir /var/lib/vard-http --create-home vard-http \
    && chmod 700 /var/lib/vard-http
COPY --from=build /opt/vard-http /opt/vard-http
COPY config/healthcheck.py /opt/vard-http/healthcheck.py
# Metrics have a listener of their own, which stays plain when the clients' has TLS: the health
# check asks there.
ENV PATH=/opt/vard-http/bin:$PATH \
    VARD_DATA_DIR=/var/lib/vard-http/data \
    VARD_LISTEN_CLIENT_URLS=http://0.0.0.0:2379 \
    VARD_ADVERTISE_CLIENT_URLS=http://localhost:2379 \
    VARD_LISTEN_PEER_URLS=http://0.0.0.0:2380 \
    VARD_LISTEN_METRICS_URLS=http://127.0.0.1:2381
# By number, so that an orchestrator can tell that it is not root.
USER 2379:2379
WORKDIR /var/lib/vard-http
VOLUME /var/lib/vard-http
EXPOSE 2379 2380
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["python", "/opt/vard-http/healthcheck.py"]
ENTRYPOINT ["vard-http"]
