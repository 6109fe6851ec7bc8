"""All settings, from the environment (prefix `WAYBILL_`), checked at start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """With nothing set, everything is embedded: PostgreSQL and files in `data_dir`, one process,
    the event store's own log as the transport."""

    model_config = SettingsConfigDict(env_prefix="WAYBILL_", extra="ignore")

    data_dir: Path = Path("var")
    """Where the embedded database, files, keys and logs lie."""

    database_url: SecretStr | None = None
    """A libpq URL of the event store and read models; none starts the embedded PostgreSQL."""

    transport: Literal["local", "kafka"] = "local"
    kafka_bootstrap: str = "localhost:9092"
    kafka_prefix: str = ""
    """Put before every topic and consumer group, so that several installations share a cluster."""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_ssl_cafile: Path | None = None
    """The certificates (PEM) that vouch for the brokers; none means the system's."""

    files: str = ""
    """A folder, or `s3://bucket/prefix`; empty means `data_dir/files`."""
    s3_endpoint: str = ""
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    s3_region: str = "us-east-1"
    s3_secure: bool = True

    datasets: Path | None = None
    """The YAML file that declares sources and datasets; none means `data_dir/datasets.yaml`."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8210
    public_url: str = ""
    """How clients reach the API; empty means `http://host:port`."""
    allowed_origins: str = ""
    """Other origins, with commas between, whose pages may open a WebSocket; `public_url`'s own
    always may."""

    key_file: Path | None = None
    """The key-encryption key; none means `data_dir/keys/kek`."""
    signing_key_file: Path | None = None
    """The Ed25519 key that signs waybills; none means `data_dir/keys/signing`."""

    retention_days: Annotated[int, Field(ge=1, le=3650)] = 7
    row_cap: Annotated[int, Field(ge=1)] | None = None
    """Rows above this are left out of a file, and its state says so; none means no cap."""

    pdf_fonts: str = ""
    """Font files, with commas between, for what the fonts that come with Waybill lack in PDFs; the
    first that has a character draws it. `#2` behind a collection's name is its third font; `ja:`
    before a name is the language that exports choose it by."""

    render_processes: Annotated[int, Field(ge=1, le=256)] = 2
    """Processes that render, per worker."""
    extractions: Annotated[int, Field(ge=1, le=64)] = 2
    """Extractions at once, per worker; two more are kept for small exports."""
    lease_seconds: Annotated[float, Field(ge=1, le=600)] = 10.0
    """A worker that is silent for so long has lost its work to another."""
    stalled_seconds: Annotated[float, Field(ge=5)] = 6 * 3600.0
    """An export without any progress for so long fails."""
    sweep_seconds: Annotated[float, Field(ge=0)] = 60.0
    """So long after an export's end, and not before two leases, its orphans are removed."""

    operations_host: str = "127.0.0.1"
    operations_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """Where worker and relay answer /metrics, /livez and /readyz; none answers nowhere. The API
    does at its own port."""
    consumer_stalled_seconds: Annotated[float, Field(ge=1)] = 120.0
    """A consumer that shows no sign of life for so long though it has work is replaced."""
    otlp_endpoint: str = ""
    """The base URL of a collector that takes traces by OTLP over HTTP; empty sends none."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] = "json"

    @model_validator(mode="after")
    def _checked(self) -> Settings:
        if self.transport == "kafka" and self.database_url is None:
            raise ValueError(
                "WAYBILL_TRANSPORT=kafka needs WAYBILL_DATABASE_URL: several processes can't "
                "share an embedded database. Name a PostgreSQL server."
            )
        self._check_kafka_login()
        if self.files.startswith("s3://") and not self.s3_endpoint:
            raise ValueError("WAYBILL_FILES is on S3: set WAYBILL_S3_ENDPOINT (host:port) too.")
        return self

    def _check_kafka_login(self) -> None:
        sasl = self.kafka_security_protocol.startswith("SASL_")
        given = bool(self.kafka_username and self.kafka_password.get_secret_value())
        if sasl and not given:
            raise ValueError(
                f"WAYBILL_KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol} logs in: set "
                "WAYBILL_KAFKA_USERNAME and WAYBILL_KAFKA_PASSWORD."
            )
        if self.kafka_username and not sasl:
            raise ValueError(
                "WAYBILL_KAFKA_USERNAME is set, but WAYBILL_KAFKA_SECURITY_PROTOCOL="
                f"{self.kafka_security_protocol} doesn't log in: set SASL_SSL."
            )

    @property
    def files_url(self) -> str:
        return self.files or str(self.data_dir / "files")

    @property
    def datasets_path(self) -> Path:
        return self.datasets or self.data_dir / "datasets.yaml"

    @property
    def kek_path(self) -> Path:
        return self.key_file or self.data_dir / "keys" / "kek"

    @property
    def signing_key_path(self) -> Path:
        return self.signing_key_file or self.data_dir / "keys" / "signing"

    @property
    def url(self) -> str:
        return self.public_url or f"http://{self.host}:{self.port}"
