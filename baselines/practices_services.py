"""Commitments and delivery, practice by practice: numbers of the model, our words, the evidence.

One table of data. Practices whose points we hold no records of stand as a whole.
Source: IT Service CMM 5.1 and 5.3; rules.md 10, Conformance.
"""

from baselines.performed import Practice

PRACTICES: tuple[Practice, ...] = (
    Practice("5.1 Goal 1", "What is promised is written down.", "sum:5.1 Activity 3"),
    Practice(
        "5.1 Goal 2",
        "What is promised follows from what customers need, now and later.",
        "sum:5.1 Activity 1|5.1 Activity 2|5.1 Activity 4",
    ),
    Practice("5.1 Commitment 1", "A service manager answers for what is promised.", "role:service manager"),
    Practice(
        "5.1 Commitment 2",
        "A written policy says how services are specified and looked at again.",
        "document:service commitment policy",
    ),
    Practice("5.1 Ability 1", "Somebody is to work out each promise.", "agreement managed"),
    Practice("5.1 Ability 2", "There are people and means for it.", "worked:5.1"),
    Practice("5.1 Ability 3", "Service managers are trained for it.", "trained:5.1/service manager"),
    Practice("5.1 Activity 1", "What customers need is found out with them.", "needs"),
    Practice("5.1 Activity 2", "What they need is written down.", "needs"),
    Practice("5.1 Activity 3", "What is promised is written down."),
    Practice("5.1 Activity 3.1", "Purpose, scope and goals.", "term:purpose"),
    Practice("5.1 Activity 3.2", "Which services.", "term:services"),
    Practice("5.1 Activity 3.3", "At which levels, in figures.", "term:commitments"),
    Practice("5.1 Activity 3.4", "When work that affects it takes place.", "term:schedule"),
    Practice("5.1 Activity 3.5", "What the customer has to fulfil.", "term:conditions"),
    Practice("5.1 Activity 3.6", "In which situations it does not bind.", "term:calamities"),
    Practice("5.1 Activity 3.7", "How and when it is reported.", "term:reporting"),
    Practice("5.1 Activity 3.8", "When it is looked at again.", "term:evaluation"),
    Practice(
        "5.1 Activity 4", "Promises are held against needs with the customer, regularly and when needed."
    ),
    Practice("5.1 Activity 4.1", "What is needed now is noted.", "needs"),
    Practice("5.1 Activity 4.2", "It is compared with what was needed before.", "needs compared"),
    Practice("5.1 Activity 4.3", "It is compared with what is promised.", "agreement reviewed"),
    Practice("5.1 Activity 5", "What was delivered is looked at with the customer.", "reviewed:5.1/customer"),
    Practice("5.1 Activity 5.2", "Risks of delivery are looked at.", "review tells:5.1/customer/risks"),
    Practice("5.1 Activity 5.4", "Issues and decisions are noted.", "review tells:5.1/customer/issues"),
    Practice(
        "5.1 Activity 5.5", "What follows from it is tracked to closure.", "review actions:5.1/customer"
    ),
    Practice("5.1 Measurement 1", "Figures show how this work stands.", "worked:5.1"),
    Practice(
        "5.1 Verification 1", "Senior management looks at it regularly.", "reviewed:5.1/senior management"
    ),
    Practice(
        "5.1 Verification 1.2",
        "Conflicts and issues nobody below could settle are looked at.",
        "review tells:5.1/senior management/issues",
    ),
    Practice(
        "5.1 Verification 1.3", "Risks of delivery are looked at.", "review tells:5.1/senior management/risks"
    ),
    Practice(
        "5.1 Verification 1.4",
        "What follows from it is tracked to closure.",
        "review actions:5.1/senior management",
    ),
    Practice(
        "5.1 Verification 1.5",
        "A summary is made and handed out.",
        "review tells:5.1/senior management/recipients",
    ),
    Practice(
        "5.1 Verification 2",
        "The service manager does, regularly and when needed.",
        "reviewed:5.1/service manager/both",
    ),
    Practice("5.1 Verification 2.1", "Those affected take part.", "review tells:5.1/service manager/groups"),
    Practice(
        "5.1 Verification 2.4",
        "Conflicts and issues nobody below could settle are looked at.",
        "review tells:5.1/service manager/issues",
    ),
    Practice(
        "5.1 Verification 2.5", "Risks of delivery are looked at.", "review tells:5.1/service manager/risks"
    ),
    Practice(
        "5.1 Verification 2.6",
        "What follows from it is tracked to closure.",
        "review actions:5.1/service manager",
    ),
    Practice(
        "5.1 Verification 2.7",
        "A summary is made and handed out.",
        "review tells:5.1/service manager/recipients",
    ),
    Practice("5.1 Verification 3", "SQA looks at it and reports.", "audit of:5.1"),
    Practice(
        "5.3 Goal 1",
        "What is delivered is followed against what is promised, and reported.",
        "sum:5.3 Activity 4|5.3 Activity 13",
    ),
    Practice(
        "5.3 Goal 2",
        "Something is done before a promise is broken, and followed to its end.",
        "sum:5.3 Activity 4|5.3 Activity 9",
    ),
    Practice(
        "5.3 Goal 3",
        "Changes to the plan are agreed with those affected.",
        "sum:5.3 Activity 2|5.3 Activity 3",
    ),
    Practice(
        "5.3 Commitment 1",
        "A service delivery manager answers for delivery.",
        "role:service delivery manager",
    ),
    Practice(
        "5.3 Commitment 2",
        "A written policy says how delivery is managed.",
        "document:service delivery policy",
    ),
    Practice("5.3 Ability 1", "A delivery plan is written and approved.", "document:service delivery plan"),
    Practice("5.3 Ability 2", "The service manager has said who does what.", "role:service task leader"),
    Practice(
        "5.3 Ability 3", "Somebody follows delivery, and has the tools.", "role:service delivery manager"
    ),
    Practice("5.3 Ability 4", "Service managers are trained for it.", "trained:5.3/service manager"),
    Practice("5.3 Ability 5", "First-line managers know the technical side.", "oriented:first-line manager"),
    Practice("5.3 Activity 1", "The plan is used and kept up.", "document:service delivery plan"),
    Practice(
        "5.3 Activity 2", "The plan is revised by a procedure.", "plan controlled:service delivery plan"
    ),
    Practice(
        "5.3 Activity 3", "Those concerned hear of approved changes.", "distributed:service delivery plan"
    ),
    Practice("5.3 Activity 4", "Service levels are followed against what is promised.", "tracked"),
    Practice("5.3 Activity 5", "The workload is followed.", "events"),
    Practice("5.3 Activity 6", "Costs and effort are followed.", "worked:5.3"),
    Practice("5.3 Activity 7", "The facilities are followed.", "reviewed:5.3/facilities"),
    Practice("5.3 Activity 8", "The delivery schedule is followed.", "term:schedule"),
    Practice("5.3 Activity 9", "Delivery activities are followed."),
    Practice("5.3 Activity 9.2", "Deviations are noted and followed to their end.", "actions tracked"),
    Practice("5.3 Activity 10", "Risks are followed.", "reviewed:5.3/risk"),
    Practice("5.3 Activity 11", "What was measured is kept and can be had.", "tracked"),
    Practice("5.3 Activity 12", "Those who deliver look at it among themselves.", "reviewed:5.3/internal"),
    Practice(
        "5.3 Activity 13",
        "Results are looked at with the customer at agreed moments.",
        "reviewed:5.3/customer",
    ),
    Practice(
        "5.3 Activity 13.3", "What lies before them was approved.", "review tells:5.3/customer/material"
    ),
    Practice("5.3 Activity 13.5", "Issues and decisions are noted.", "review tells:5.3/customer/issues"),
    Practice("5.3 Activity 13.6", "Risks of delivery are looked at.", "review tells:5.3/customer/risks"),
    Practice("5.3 Activity 14", "Results are looked at with those affected here.", "reviewed:5.3/internal"),
    Practice("5.3 Activity 14.2", "Those affected here take part.", "review tells:5.3/internal/groups"),
    Practice("5.3 Activity 14.4", "Issues and decisions are noted.", "review tells:5.3/internal/issues"),
    Practice("5.3 Activity 14.5", "Risks of delivery are looked at.", "review tells:5.3/internal/risks"),
    Practice("5.3 Measurement 1", "Figures show how this work stands.", "worked:5.3"),
    Practice(
        "5.3 Verification 1", "Senior management looks at it regularly.", "reviewed:5.3/senior management"
    ),
    Practice(
        "5.3 Verification 1.2",
        "Conflicts and issues nobody below could settle are looked at.",
        "review tells:5.3/senior management/issues",
    ),
    Practice(
        "5.3 Verification 1.3", "Risks of delivery are looked at.", "review tells:5.3/senior management/risks"
    ),
    Practice(
        "5.3 Verification 1.4",
        "What follows from it is tracked to closure.",
        "review actions:5.3/senior management",
    ),
    Practice(
        "5.3 Verification 1.5",
        "A summary is made and handed out.",
        "review tells:5.3/senior management/recipients",
    ),
    Practice(
        "5.3 Verification 2",
        "The service manager does, regularly and when needed.",
        "reviewed:5.3/service manager/both",
    ),
    Practice("5.3 Verification 2.1", "Those affected take part.", "review tells:5.3/service manager/groups"),
    Practice(
        "5.3 Verification 2.5",
        "Conflicts and issues nobody below could settle are looked at.",
        "review tells:5.3/service manager/issues",
    ),
    Practice(
        "5.3 Verification 2.6", "Risks of delivery are looked at.", "review tells:5.3/service manager/risks"
    ),
    Practice(
        "5.3 Verification 2.7",
        "What follows from it is tracked to closure.",
        "review actions:5.3/service manager",
    ),
    Practice(
        "5.3 Verification 2.8",
        "A summary is made and handed out.",
        "review tells:5.3/service manager/recipients",
    ),
    Practice("5.3 Verification 3", "SQA looks at it and reports.", "audit of:5.3"),
)
