# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/tooeasy && /opt/tooeasy/bin/pip install --no-cache-dir --no-compile .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="tooeasy" \
      org.opencontainers.image.description="How easy is a labelled image dataset, and what gives it away?" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/tooeasy /opt/tooeasy
RUN useradd --create-home --uid 10001 tooeasy && mkdir /data && chown tooeasy /data
USER 10001
# Kernels are compiled on the first run of a container; /tmp is writable where the rest is not.
ENV PATH=/opt/tooeasy/bin:$PATH PYTHONDONTWRITEBYTECODE=1 NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /data
ENTRYPOINT ["tooeasy"]
CMD ["--help"]
