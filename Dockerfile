# syntax=docker/dockerfile:1
# A server with everything in it: no network is needed once it is built.
#
#   docker build -t frontdesk .
#   docker compose up            see compose.yaml

FROM python:3.11-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/frontdesk
ENV PATH=/opt/frontdesk/bin:$PATH
COPY requirements.lock ./
# The build of torch for processors: the package index's own brings gigabytes of CUDA.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" "torch==2.13.0+cpu" -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY retrieval retrieval
COPY qa qa
COPY agent agent
RUN pip install --no-cache-dir --no-deps .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data frontdesk \
    && install -d -o frontdesk -g frontdesk /data /cache
COPY --from=build /opt/frontdesk /opt/frontdesk
ENV PATH=/opt/frontdesk/bin:$PATH \
    FRONTDESK_CACHE_DIR=/cache \
    FRONTDESK_STATE_DIR=/data \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /data
VOLUME ["/data", "/cache"]
EXPOSE 8080
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=3)"]
ENTRYPOINT ["frontdesk"]
CMD ["serve", "--kb", "/data/kb", "--host", "0.0.0.0", "--port", "8080"]
