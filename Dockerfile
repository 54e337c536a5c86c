# docker build -t vard-http .
# docker run -p 2379:2379 -v vard-data:/var/lib/vard-http vard-http
# Flags go after the name of the image, as they go after `vard-http`.

FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md ./
COPY vard_http vard_http
RUN python -m venv /opt/vard-http \
    && /opt/vard-http/bin/pip install --no-cache-dir .

FROM python:3.11-slim
RUN useradd --system --uid 2379 --home-dir /var/lib/vard-http --create-home vard-http
COPY --from=build /opt/vard-http /opt/vard-http
ENV PATH=/opt/vard-http/bin:$PATH \
    VARD_DATA_DIR=/var/lib/vard-http/data \
    VARD_LISTEN_CLIENT_URLS=http://0.0.0.0:2379 \
    VARD_ADVERTISE_CLIENT_URLS=http://localhost:2379 \
    VARD_LISTEN_PEER_URLS=http://0.0.0.0:2380 \
    VARD_INITIAL_ADVERTISE_PEER_URLS=http://localhost:2380
USER vard-http
WORKDIR /var/lib/vard-http
VOLUME /var/lib/vard-http
EXPOSE 2379 2380
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:2379/health', timeout=2)"]
ENTRYPOINT ["vard-http"]
