"""The library's own contracts of its recorders, over our recorder and factory on PostgreSQL.

Its tests run one database each; a subscription is the library's own, which we don't use but don't break either.
"""

from collections.abc import Iterator
from typing import ClassVar
from uuid import uuid4

import pytest
from eventsourcing.persistence import AggregateRecorder
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresTrackingRecorder
from eventsourcing.tests import persistence as contracts
from eventsourcing.utils import Environment
from postgres_databases import Databases

from infrastructure.event_store.postgres import PostgresLogFactory, PostgresLogRecorder, postgres_environment


@pytest.fixture(autouse=True)
def a_database_of_its_own(databases: Databases) -> Iterator[None]:
    OverOurFactory.url = databases.create()
    yield
    databases.drop(OverOurFactory.url)


class OverOurFactory:
    """Streams are named by text."""

    url: ClassVar[str]

    def setUp(self) -> None:
        self.factories: list[PostgresLogFactory] = []

    def tearDown(self) -> None:
        for factory in self.factories:
            factory.close()

    def new_originator_id(self) -> str:
        return f"cs_test_{uuid4().hex}"

    def factory(self) -> PostgresLogFactory:
        self.factories.append(PostgresLogFactory(Environment("fulfillment", dict(postgres_environment(self.url)))))
        return self.factories[-1]

    def create_recorder(self) -> PostgresLogRecorder:
        return self.factory().process_recorder()


class TestOurProcessRecorder(OverOurFactory, contracts.ProcessRecorderTestCase):
    pass


class TestOurProcessRecorderAsApplicationRecorder(
    OverOurFactory, contracts.ApplicationRecorderTestCase[PostgresLogRecorder]
):
    pass


class TestOurProcessRecorderAsTrackingRecorder(OverOurFactory, contracts.TrackingRecorderTestCase):
    pass


class TestPositionsOfOneInsertAreTogether(OverOurFactory, contracts.NonInterleavingNotificationIDsBaseCase):
    insert_num = 1000


class TestOurFactory(contracts.InfrastructureFactoryTestCase[PostgresLogFactory]):
    test_mapper_with_compressor = None  # type: ignore[assignment]
    test_mapper_with_cipher = None  # type: ignore[assignment]
    test_mapper_with_cipher_and_compressor = None  # type: ignore[assignment]
    test_mapper_with_wrong_cipher_key = None  # type: ignore[assignment]

    def setUp(self) -> None:
        self.env = Environment("fulfillment", dict(postgres_environment(OverOurFactory.url)))
        super().setUp()

    def tearDown(self) -> None:
        self.factory.close()
        super().tearDown()

    def expected_factory_class(self) -> type[PostgresLogFactory]:
        return PostgresLogFactory

    def expected_aggregate_recorder_class(self) -> type[AggregateRecorder]:
        from eventsourcing.postgres import PostgresAggregateRecorder

        return PostgresAggregateRecorder

    def expected_application_recorder_class(self) -> type[PostgresApplicationRecorder]:
        return PostgresApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[PostgresTrackingRecorder]:
        return PostgresTrackingRecorder

    def tracking_recorder_subclass(self) -> type[PostgresTrackingRecorder]:
        return TrackingSomethingElse

    def expected_process_recorder_class(self) -> type[PostgresLogRecorder]:
        return PostgresLogRecorder


class TrackingSomethingElse(PostgresTrackingRecorder):
    pass
