"""Suppliers, events and SQA, practice by practice: numbers of the model, our words, the evidence.

One table of data. Practices whose points we hold no records of stand as a whole.
Source: IT Service CMM 5.4, 5.6 and 5.7; rules.md 10, Conformance.
"""

from baselines.performed import Practice

PRACTICES: tuple[Practice, ...] = (
    Practice("5.4 Goal 1", "Suppliers of services are chosen because they can do it.", "sum:5.4 Activity 2"),
    Practice("5.4 Goal 2", "Both sides agree to what they promise each other.", "sum:5.4 Activity 3"),
    Practice("5.4 Goal 3", "They keep talking.", "sum:5.4 Activity 9|5.4 Activity 11"),
    Practice(
        "5.4 Goal 4",
        "What the supplier delivers is followed against what was promised.",
        "sum:5.4 Activity 8",
    ),
    Practice(
        "5.4 Commitment 1",
        "A written policy says how suppliers of services are managed.",
        "document:subcontract policy",
    ),
    Practice("5.4 Commitment 2", "A subcontract manager answers for it.", "role:subcontract manager"),
    Practice("5.4 Ability 1", "There are people and means for it.", "role:subcontract manager"),
    Practice("5.4 Ability 2", "Those who do it are trained.", "trained:5.4/subcontract manager"),
    Practice("5.4 Ability 3", "They know the technical side.", "oriented:subcontract manager"),
    Practice(
        "5.4 Activity 1", "What is to be subcontracted is specified and planned.", "document:subcontract plan"
    ),
    Practice("5.4 Activity 2", "A supplier is chosen by an evaluation.", "document:subcontractor evaluation"),
    Practice("5.4 Activity 3", "The contract is what it is managed by.", "agreed:underpinning"),
    Practice(
        "5.4 Activity 4",
        "The supplier's delivery plan was looked at and approved.",
        "document:subcontractor delivery plan",
    ),
    Practice(
        "5.4 Activity 5", "That plan is used to follow the work.", "document:subcontractor delivery plan"
    ),
    Practice("5.4 Activity 6", "Changes to what was agreed follow a procedure.", "agreed:underpinning"),
    Practice(
        "5.4 Activity 7", "What was agreed is looked at with the supplier.", "reviewed:5.4/subcontractor"
    ),
    Practice(
        "5.4 Activity 8", "What was delivered is looked at with the supplier.", "reviewed:5.4/subcontractor"
    ),
    Practice(
        "5.4 Activity 9", "Results are looked at formally at agreed moments.", "reviewed:5.4/subcontractor"
    ),
    Practice(
        "5.4 Activity 9.3", "What lies before them was approved.", "review tells:5.4/subcontractor/material"
    ),
    Practice("5.4 Activity 9.5", "Issues and decisions are noted.", "review tells:5.4/subcontractor/issues"),
    Practice("5.4 Activity 9.6", "Risks of delivery are looked at.", "review tells:5.4/subcontractor/risks"),
    Practice(
        "5.4 Activity 9.10", "What follows from it is tracked to closure.", "review actions:5.4/subcontractor"
    ),
    Practice("5.4 Activity 10", "SQA watches the supplier's SQA.", "document:subcontractor SQA plan"),
    Practice("5.4 Activity 11", "The CM group watches the supplier's CM."),
    Practice(
        "5.4 Activity 11.1",
        "Its plans and standards for CM were looked at.",
        "document:subcontractor CM plan",
    ),
    Practice("5.4 Activity 11.2", "Baselines of both sides agree.", "supplied"),
    Practice("5.4 Activity 11.3", "Its baseline is audited regularly.", "audited:physical"),
    Practice(
        "5.4 Activity 12",
        "The event group watches the supplier's handling of events.",
        "document:subcontractor event plan",
    ),
    Practice("5.4 Measurement 1", "Figures show how this work stands.", "worked:5.4"),
    Practice("5.4 Measurement 2", "Figures show how the supplier does.", "agreed:underpinning"),
    Practice(
        "5.4 Verification 1", "Senior management looks at it regularly.", "reviewed:5.4/senior management"
    ),
    Practice(
        "5.4 Verification 2",
        "The delivery manager does, regularly and when needed.",
        "reviewed:5.4/service manager/both",
    ),
    Practice("5.4 Verification 3", "SQA looks at it and reports.", "audit of:5.4"),
    Practice("5.6 Goal 1", "What is done about events is planned.", "sum:5.6 Activity 1|5.6 Activity 2"),
    Practice("5.6 Goal 2", "Events are identified, recorded, analysed and resolved.", "sum:5.6 Activity 4"),
    Practice("5.6 Goal 3", "Those affected know how events stand.", "sum:5.6 Activity 5|5.6 Activity 6"),
    Practice("5.6 Commitment 1", "A written policy says how events are managed."),
    Practice(
        "5.6 Commitment 1.1",
        "It names who answers for it of each service.",
        "point:event policy/responsibility",
    ),
    Practice("5.6 Commitment 1.2", "It covers as long as promises bind.", "point:event policy/duration"),
    Practice("5.6 Commitment 1.3", "It provides one place for events.", "point:event policy/repository"),
    Practice("5.6 Commitment 1.4", "It has that place audited regularly.", "point:event policy/audits"),
    Practice("5.6 Ability 1", "A group that coordinates it exists.", "role:event manager"),
    Practice(
        "5.6 Ability 1.1",
        "It makes and keeps the repository of events.",
        "by role:event manager/event record|import events",
    ),
    Practice(
        "5.6 Ability 1.2",
        "It writes, keeps and hands out plans, standards and procedures.",
        "distributed:event policy|event plan",
    ),
    Practice("5.6 Ability 1.3", "It manages who has access.", "granted:event manager"),
    Practice(
        "5.6 Ability 1.4",
        "It changes what stands in the repository.",
        "by role:event manager/event amend|event link|event withdraw|event analyse|event confirm",
    ),
    Practice(
        "5.6 Ability 1.5",
        "It records what it does.",
        "by role:event manager/event start|event resolve|event close|action add|action step",
    ),
    Practice("5.6 Ability 1.6", "It makes reports and hands them out.", "told:event|report"),
    Practice("5.6 Ability 2", "It has the people and means it needs."),
    Practice("5.6 Ability 2.1", "A manager answers for it.", "role:event manager"),
    Practice("5.6 Ability 2.2", "Tools for it are there and in use.", "events"),
    Practice("5.6 Ability 3", "Those who do it are trained.", "trained:5.6/event manager"),
    Practice("5.6 Activity 1", "Each service has an event plan.", "plan of each service:event plan"),
    Practice("5.6 Activity 1.1", "It is made early.", "plan early:event plan"),
    Practice("5.6 Activity 1.2", "Those affected have looked at it.", "plan reviewed:event plan"),
    Practice("5.6 Activity 1.3", "It is itself under control.", "plan controlled:event plan"),
    Practice("5.6 Activity 2", "Work goes by the approved plan."),
    Practice("5.6 Activity 2.1", "It estimates how many events there will be.", "point:event plan/workload"),
    Practice(
        "5.6 Activity 2.2",
        "It says what is done, when, by whom and with what.",
        "point:event plan/activities|schedule|responsibilities|resources",
    ),
    Practice("5.6 Activity 3", "A repository keeps the records of events."),
    Practice("5.6 Activity 3.1", "Events are kept in it, brought up to date and found again.", "events"),
    Practice("5.6 Activity 3.2", "Events pass between the groups they concern.", "event shared"),
    Practice("5.6 Activity 3.3", "It helps to keep to the procedure.", "event procedure"),
    Practice("5.6 Activity 3.4", "What is over is kept and found again.", "event archive"),
    Practice("5.6 Activity 3.5", "Reports come out of it.", "event reports"),
    Practice("5.6 Activity 4", "Events are handled by a procedure.", "event resolved"),
    Practice("5.6 Activity 4.1", "They are recorded in enough detail.", "event details"),
    Practice("5.6 Activity 4.2", "What they do to promises is worked out and noted.", "event impact"),
    Practice(
        "5.6 Activity 4.3",
        "What follows from them is noted and followed to its end.",
        "actions tracked:event",
    ),
    Practice("5.6 Activity 5", "Those affected hear how events stand.", "told:event"),
    Practice("5.6 Activity 6", "Standard reports about events are made.", "event reports"),
    Practice("5.6 Activity 7", "The repository is audited by a procedure."),
    Practice("5.6 Activity 7.1", "Each audit is prepared.", "audit prepared:event repository"),
    Practice("5.6 Activity 7.2", "Whether records are whole is looked at.", "audited:event repository"),
    Practice("5.6 Activity 7.3", "The means of the repository are looked at.", "audited:library system"),
    Practice(
        "5.6 Activity 7.4", "That records are complete and right is checked.", "audited:event repository"
    ),
    Practice(
        "5.6 Activity 7.5",
        "That work keeps to standards and procedures is checked.",
        "audited:process of 5.6",
    ),
    Practice(
        "5.6 Activity 7.6", "The service manager is told what was found.", "audit told:event repository"
    ),
    Practice(
        "5.6 Activity 7.7", "What follows from it is tracked to closure.", "findings tracked:event repository"
    ),
    Practice("5.6 Measurement 1", "Figures show how events stand.", "event measured"),
    Practice("5.6 Measurement 2", "Figures show how this work stands.", "worked:5.6"),
    Practice(
        "5.6 Verification 1", "Senior management looks at it regularly.", "reviewed:5.6/senior management"
    ),
    Practice(
        "5.6 Verification 2",
        "The service manager does, regularly and when needed.",
        "reviewed:5.6/service manager/both",
    ),
    Practice(
        "5.6 Verification 3", "The event group audits the repository regularly.", "audited:event repository"
    ),
    Practice("5.6 Verification 4", "SQA looks at it and reports.", "audit of:5.6"),
    Practice("5.7 Goal 1", "What SQA does is planned.", "sum:5.7 Activity 1|5.7 Activity 2"),
    Practice(
        "5.7 Goal 2",
        "It is checked from outside that work keeps to standards and promises.",
        "sum:5.7 Activity 4",
    ),
    Practice("5.7 Goal 3", "Those affected know what SQA does and finds.", "sum:5.7 Activity 5"),
    Practice(
        "5.7 Goal 4", "What cannot be resolved below is put to senior management.", "sum:5.7 Activity 6"
    ),
    Practice("5.7 Commitment 1", "A written policy says how SQA is done here."),
    Practice("5.7 Commitment 1.1", "It covers every service.", "point:SQA policy/all services"),
    Practice(
        "5.7 Commitment 1.2",
        "SQA reports to senior management past everybody else.",
        "point:SQA policy/independence",
    ),
    Practice("5.7 Commitment 2", "Senior management looks at what SQA does and finds.", "reviewed:5.7/SQA"),
    Practice("5.7 Ability 1", "A group that does SQA exists.", "role:SQA"),
    Practice("5.7 Ability 2", "It has the people and means it needs."),
    Practice("5.7 Ability 2.1", "Somebody answers for it.", "role:SQA"),
    Practice(
        "5.7 Ability 2.2", "A senior manager is designated to act on what is found.", "role:senior manager"
    ),
    Practice("5.7 Ability 2.3", "It has tools.", "audit told:process"),
    Practice("5.7 Ability 3", "Its members are trained.", "trained:5.7/SQA"),
    Practice(
        "5.7 Ability 4",
        "Those who deliver know what SQA is for.",
        "trained:5.7/service engineer|service delivery manager",
    ),
    Practice("5.7 Activity 1", "There is an SQA plan.", "document:SQA plan"),
    Practice("5.7 Activity 1.1", "It is made early.", "plan early:SQA plan"),
    Practice("5.7 Activity 1.2", "Those affected have looked at it.", "plan reviewed:SQA plan"),
    Practice("5.7 Activity 1.3", "It is itself under control.", "plan controlled:SQA plan"),
    Practice("5.7 Activity 2", "SQA works by its plan."),
    Practice(
        "5.7 Activity 2.1", "It says what SQA answers for and may decide.", "point:SQA plan/responsibilities"
    ),
    Practice("5.7 Activity 2.2", "It says which people and means SQA needs.", "point:SQA plan/resources"),
    Practice("5.7 Activity 2.3", "It says when SQA does what, and what it costs.", "point:SQA plan/schedule"),
    Practice(
        "5.7 Activity 2.4",
        "It says how SQA takes part in plans, standards and procedures.",
        "point:SQA plan/participation",
    ),
    Practice("5.7 Activity 2.5", "It says what SQA evaluates.", "point:SQA plan/evaluations"),
    Practice("5.7 Activity 2.6", "It says what SQA audits and reviews.", "point:SQA plan/audits"),
    Practice(
        "5.7 Activity 2.7", "It says which standards and procedures SQA goes by.", "point:SQA plan/standards"
    ),
    Practice(
        "5.7 Activity 2.8",
        "It says how deviations are noted and followed to their end.",
        "point:SQA plan/noncompliance",
    ),
    Practice("5.7 Activity 2.9", "It says which papers SQA has to make.", "point:SQA plan/documentation"),
    Practice(
        "5.7 Activity 2.10", "It says how and how often SQA tells the others.", "point:SQA plan/feedback"
    ),
    Practice("5.7 Activity 3", "SQA takes part in making promises, plans and standards."),
    Practice(
        "5.7 Activity 3.1", "SQA gives advice on them and looks at them.", "by role:SQA/vote|change comment"
    ),
    Practice("5.7 Activity 3.2", "SQA checks that they are there to be held against.", "audited:process"),
    Practice("5.7 Activity 4", "SQA audits delivery."),
    Practice("5.7 Activity 4.1", "It is held against plans and standards.", "audited:process"),
    Practice(
        "5.7 Activity 4.2", "Deviations are noted and followed to their end.", "findings tracked:process"
    ),
    Practice("5.7 Activity 4.3", "Corrections are verified.", "corrections verified"),
    Practice("5.7 Activity 5", "Those who deliver are told what was found.", "audit told:process"),
    Practice("5.7 Activity 6", "Deviations are handled by a procedure."),
    Practice(
        "5.7 Activity 6.1", "They are settled where the work is led, if possible.", "findings tracked:process"
    ),
    Practice("5.7 Activity 6.2", "Others are put to the designated senior manager.", "escalated"),
    Practice("5.7 Activity 6.3", "That manager looks at them until they are resolved.", "kept in view"),
    Practice("5.7 Activity 6.4", "What was noted of them is under control.", "findings kept"),
    Practice("5.7 Activity 7", "SQA talks with the customer's SQA.", "reviewed:5.7/customer SQA"),
    Practice("5.7 Measurement 1", "Figures show what SQA costs and how it keeps to its plan.", "worked:5.7"),
    Practice(
        "5.7 Verification 1", "Senior management looks at it regularly.", "reviewed:5.7/senior management"
    ),
    Practice(
        "5.7 Verification 2",
        "The service manager does, regularly and when needed.",
        "reviewed:5.7/service manager/both",
    ),
    Practice("5.7 Verification 3", "Experts from outside look at SQA.", "reviewed:5.7/independent"),
)
