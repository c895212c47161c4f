"""The library's own contracts of its recorders, over our recorder and factory.

Their tests name streams by UUIDs; ours are texts, and `new_originator_id` is the hook for that. The tests of ciphers
and compressors don't apply: our mapper refuses them (`test_codec`). Nor do those of subscriptions: SQLite has none.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from eventsourcing.persistence import AggregateRecorder
from eventsourcing.sqlite import SQLiteAggregateRecorder, SQLiteApplicationRecorder, SQLiteTrackingRecorder
from eventsourcing.tests import persistence as contracts
from eventsourcing.utils import Environment

from infrastructure.event_store.sqlite import SQLiteLogFactory, SQLiteLogRecorder, sqlite_environment


class OverOurFactory:
    """Streams are named by text, and every test has a file of its own."""

    def setUp(self) -> None:
        self.directory = TemporaryDirectory()
        self.factories: list[SQLiteLogFactory] = []

    def tearDown(self) -> None:
        for factory in self.factories:
            factory.close()
        self.directory.cleanup()

    def new_originator_id(self) -> str:
        return f"cs_test_{uuid4().hex}"

    def factory(self) -> SQLiteLogFactory:
        path = Path(self.directory.name, "log.db")
        self.factories.append(
            SQLiteLogFactory(Environment("fulfillment", dict(sqlite_environment(path, create_tables=True))))
        )
        return self.factories[-1]

    def create_recorder(self) -> SQLiteLogRecorder:
        return self.factory().process_recorder()


class TestOurProcessRecorder(OverOurFactory, contracts.ProcessRecorderTestCase):
    pass


class TestOurProcessRecorderAsApplicationRecorder(
    OverOurFactory, contracts.ApplicationRecorderTestCase[SQLiteLogRecorder]
):
    pass


class TestOurProcessRecorderAsTrackingRecorder(OverOurFactory, contracts.TrackingRecorderTestCase):
    pass


class TestPositionsOfOneInsertAreTogether(OverOurFactory, contracts.NonInterleavingNotificationIDsBaseCase):
    insert_num = 1000


class TestOurAggregateRecorder(OverOurFactory, contracts.AggregateRecorderTestCase):
    """The one for snapshots, which stand in no order: of it alone the contract wants that an insert returns nothing."""

    def create_recorder(self) -> AggregateRecorder:  # type: ignore[override]
        return self.factory().aggregate_recorder(purpose="snapshots")


class TrackingSomethingElse(SQLiteTrackingRecorder):
    pass


class TestOurFactory(contracts.InfrastructureFactoryTestCase[SQLiteLogFactory]):
    test_mapper_with_compressor = None  # type: ignore[assignment]
    test_mapper_with_cipher = None  # type: ignore[assignment]
    test_mapper_with_cipher_and_compressor = None  # type: ignore[assignment]
    test_mapper_with_wrong_cipher_key = None  # type: ignore[assignment]

    def setUp(self) -> None:
        self.directory = TemporaryDirectory()
        path = Path(self.directory.name, "log.db")
        self.env = Environment("fulfillment", dict(sqlite_environment(path, create_tables=True)))
        super().setUp()

    def tearDown(self) -> None:
        super().tearDown()
        self.directory.cleanup()

    def expected_factory_class(self) -> type[SQLiteLogFactory]:
        return SQLiteLogFactory

    def expected_aggregate_recorder_class(self) -> type[AggregateRecorder]:
        return SQLiteAggregateRecorder

    def expected_application_recorder_class(self) -> type[SQLiteApplicationRecorder]:
        return SQLiteApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[SQLiteTrackingRecorder]:
        return SQLiteTrackingRecorder

    def tracking_recorder_subclass(self) -> type[SQLiteTrackingRecorder]:
        return TrackingSomethingElse

    def expected_process_recorder_class(self) -> type[SQLiteLogRecorder]:
        return SQLiteLogRecorder
