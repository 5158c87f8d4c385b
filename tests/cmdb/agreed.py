"""Every element an agreement may hold, filled in, for tests that need a whole one."""

from typing import Any

TERMS: dict[str, Any] = {
    "goals": "Mail is never the reason somebody waits.",
    "roles": [
        {"party": "acme", "role": "customer", "contacts": [{"name": "Desk", "email": "desk@acme.example"}]},
        {"party": "us", "role": "provider"},
    ],
    "responsibilities": {
        "ours": ["Keep it running"],
        "the customer's": ["Report what fails"],
        "the end users'": ["Keep passwords to themselves"],
    },
    "schedule": [
        {
            "id": "year-end",
            "kind": "freeze",
            "title": "Year end",
            "start": "2026-12-20T00:00:00Z",
            "end": "2027-01-01T00:00:00Z",
            "services": ["mail"],
        },
        {"id": "growth", "kind": "upgrade", "title": "Second store", "when": "the store is four fifths full"},
    ],
    "conditions": [{"id": "clean-dns", "text": "Acme keeps its names in order.", "services": ["mail"]}],
    "calamities": [{"id": "flood", "text": "Water in the hall"}, {"id": "strike", "text": "A strike"}],
    "reporting": [
        {"id": "monthly", "text": "Promised against delivered", "every": "month", "with": ["Desk"]}
    ],
    "evaluation": [
        {"id": "yearly", "text": "Needs against promises", "every": "year", "triggers": ["a broken promise"]}
    ],
    "risks": [{"id": "one-site", "text": "There is one site", "contingency": "Tapes elsewhere"}],
    "payments": [{"due": "2026-12-31", "amount": "1250.00", "currency": "EUR"}],
    "acceptance": "Thirty days without a fault.",
    "quality": "No letter is lost.",
    "acceptable_impact": "Two hours on a Sunday night.",
    "intellectual_property": "Letters belong to who wrote them.",
    "customer_resources": "A room with power.",
    "cost": "EUR 1,250 a year.",
    "funding": "From the yearly budget.",
    "security": "Mail is encrypted on the way.",
    "safety": "No work above the racks.",
    "reviews": [
        {"for": "customer", "name": "Ann Acme", "on": "2025-12-01"},
        {"for": "service manager", "name": "Anna de Vries", "on": "2025-12-02"},
        {"for": "senior management", "name": "Sue Senior", "on": "2025-12-03"},
    ],
    "accepted": {"name": "Ann Acme", "on": "2025-12-10", "evidence": "letter 17"},
    "signed": {
        "by": "a.vries",
        "at": "2025-12-10T12:00:00Z",
        "digest": "0" * 64,
        "signature": "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----",
    },
}
