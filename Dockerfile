# twintrade with what it prints and reads, fonts, and nothing else; the default command runs the bundled analysis.
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY twintrade twintrade
COPY analyses/us-states.toml analyses/us-states.toml
COPY data/raw data/raw
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /dist .

FROM python:3.13-slim
# OWNER: LABEL org.opencontainers.image.source="OWNER_REPOSITORY"
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /dist /dist
RUN pip install --no-cache-dir "$(ls /dist/twintrade-*.whl)[all]" && rm -rf /dist
RUN useradd --create-home --uid 1000 trade && install -d -o trade -g trade /project
USER 1000
WORKDIR /project
ENV MPLCONFIGDIR=/tmp/matplotlib PYTHONUTF8=1
CMD ["twintrade", "demo"]
