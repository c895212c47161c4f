from collections.abc import Callable
from typing import Any

import pytest
from builders import CUSTOMER, a_line_item
from kinds import HTTP
from typed_ids import as_session, as_sku

from application.ports import DeliveryRequest
from domain.checkout import CustomField
from domain.personal import Personal
from domain.plan import PlannedLine


@pytest.fixture
def request_to() -> Callable[..., DeliveryRequest]:
    """A request to deliver a line by the `http` kind; the receiver is on this machine by default."""

    def request_to(url: str, *, attempt: int = 1, metadata: dict[str, str] | None = None, **settings: Any) -> Any:
        item = a_line_item(quantity=2, metadata={"course": "python"})
        settings = {"url": url, "allow_private": True, **settings}
        return DeliveryRequest(
            idempotency_key="eff_cs_test_a1_deliver_li_1",
            attempt=attempt,
            session_id=as_session("cs_test_a1"),
            livemode=False,
            line=PlannedLine(item=item, delivery=HTTP, sku=as_sku("course-1"), name="Course", settings=settings),
            customer=CUSTOMER,
            shipping=None,
            client_reference_id="order-7",
            metadata=metadata or {},
            payment_intent="pi_1",
            custom_fields=(
                CustomField(key="seat", label="Name on the seat", value=Personal("Ada")),
                CustomField(key="diet", label="Diet", value=None),
            ),
        )

    return request_to
