"""Configuration management, practice by practice: the numbers of the model, our words, the evidence.

One table of data. Source: IT Service CMM 5.5; rules.md 10, Conformance.
"""

from baselines.performed import Practice

_CM_AUDITS = "integrity|library system|completeness|physical|functional"

PRACTICES: tuple[Practice, ...] = (
    Practice("5.5 Goal 1", "What CM does is planned.", "sum:5.5 Activity 1|5.5 Activity 2"),
    Practice(
        "5.5 Goal 2",
        "The chosen hardware and software is identified, held under control, and can be had.",
        "sum:5.5 Activity 3|5.5 Activity 4",
    ),
    Practice("5.5 Goal 3", "Changes to it are under control.", "sum:5.5 Activity 6|5.5 Activity 7"),
    Practice(
        "5.5 Goal 4",
        "Whoever is affected knows how baselines stand and what is in them.",
        "sum:5.5 Activity 8|5.5 Activity 9",
    ),
    Practice("5.5 Commitment 1", "A written policy says how CM is done here."),
    Practice(
        "5.5 Commitment 1.1", "It names who answers for CM of each service.", "point:CM policy/responsibility"
    ),
    Practice(
        "5.5 Commitment 1.2", "It covers a service from first to last day.", "point:CM policy/life cycle"
    ),
    Practice(
        "5.5 Commitment 1.3", "It says which hardware and software is covered.", "point:CM policy/scope"
    ),
    Practice(
        "5.5 Commitment 1.4", "It provides one place for items and records.", "point:CM policy/repository"
    ),
    Practice("5.5 Commitment 1.5", "It has baselines and CM audited regularly.", "point:CM policy/audits"),
    Practice("5.5 Ability 1", "A board with authority over the baseline exists.", "board"),
    Practice("5.5 Ability 1.1", "It authorises baselines and what becomes an item.", "baselines authorised"),
    Practice(
        "5.5 Ability 1.2", "The service manager and all affected groups have a say in it.", "represented"
    ),
    Practice("5.5 Ability 1.3", "It looks at changes and authorises them.", "changes authorised"),
    Practice("5.5 Ability 1.4", "It authorises products made from the baseline.", "products authorised"),
    Practice("5.5 Ability 2", "A group that coordinates and does CM exists.", "cm group"),
    Practice("5.5 Ability 2.1", "It makes and keeps the library of baselines.", "library"),
    Practice(
        "5.5 Ability 2.2",
        "It writes, keeps and hands out plans, standards and procedures.",
        "distributed:CM plan|standard|procedure",
    ),
    Practice(
        "5.5 Ability 2.3",
        "It finds out what is to be put under CM.",
        "by cm:import items|item register|baseline establish",
    ),
    Practice("5.5 Ability 2.4", "It manages who has access.", "by cm:role grant|role revoke|role allow"),
    Practice("5.5 Ability 2.5", "It brings the baseline up to date.", "site baselines"),
    Practice("5.5 Ability 2.6", "It makes products from the library.", "products from library"),
    Practice("5.5 Ability 2.7", "It records what it does.", "recorded"),
    Practice(
        "5.5 Ability 2.8",
        "It makes reports and hands them out.",
        "told:audit|baseline|minutes|meeting|report",
    ),
    Practice("5.5 Ability 3", "CM has the people and means it needs."),
    Practice("5.5 Ability 3.1", "A manager answers for CM.", "role:configuration manager"),
    Practice("5.5 Ability 3.2", "Tools for it are there and in use.", "history"),
    Practice(
        "5.5 Ability 4",
        "The CM group and those around it know what they do and how.",
        "trained:5.5/configuration manager|CM group|service engineer|SQA",
    ),
    Practice("5.5 Activity 1", "Each service has a CM plan.", "plan of each service:CM plan"),
    Practice("5.5 Activity 1.1", "It is made early, with the planning of the service.", "plan early:CM plan"),
    Practice("5.5 Activity 1.2", "Those affected have looked at it.", "plan reviewed:CM plan"),
    Practice("5.5 Activity 1.3", "It is itself under control.", "plan controlled:CM plan"),
    Practice("5.5 Activity 2", "Work goes by the approved plan."),
    Practice(
        "5.5 Activity 2.1",
        "It says what is done, when, by whom and with what.",
        "point:CM plan/activities|schedule|responsibilities|resources",
    ),
    Practice("5.5 Activity 2.2", "It says what others have to do for CM.", "point:CM plan/other groups"),
    Practice("5.5 Activity 3", "A library keeps the baselines.", "library"),
    Practice("5.5 Activity 3.1", "It knows several levels of control.", "levels"),
    Practice("5.5 Activity 3.2", "Items are stored in it and found again.", "stored"),
    Practice("5.5 Activity 3.3", "Items pass between groups and levels.", "transferred"),
    Practice("5.5 Activity 3.4", "It helps to keep to standards for items.", "standards"),
    Practice("5.5 Activity 3.5", "Old versions are kept and can be had back.", "archived"),
    Practice("5.5 Activity 3.6", "It sees to it that products are made right.", "products from library"),
    Practice("5.5 Activity 3.7", "Records of CM are kept in it and found again.", "recorded"),
    Practice("5.5 Activity 3.8", "Reports come out of it.", "reports"),
    Practice("5.5 Activity 3.9", "Its structure and contents are looked after.", "maintained"),
    Practice("5.5 Activity 4", "What is to be under CM is identified."),
    Practice("5.5 Activity 4.1", "Items are chosen by criteria that are written down.", "criterion"),
    Practice("5.5 Activity 4.2", "Each has an id of its own.", "identified"),
    Practice("5.5 Activity 4.3", "What is characteristic of each is said.", "described"),
    Practice("5.5 Activity 4.4", "It is known to which baselines each belongs.", "in baselines"),
    Practice("5.5 Activity 4.5", "It is said when in its life each is under CM.", "points"),
    Practice("5.5 Activity 4.6", "Each has one person who answers for it.", "owned"),
    Practice(
        "5.5 Activity 5", "What has to be done is noted, agreed and followed to its end.", "actions tracked"
    ),
    Practice("5.5 Activity 6", "Changes to baselines follow a procedure."),
    Practice("5.5 Activity 6.1", "Looks and tests rule out effects nobody wanted.", "examined"),
    Practice("5.5 Activity 6.2", "Nothing enters that the board did not approve.", "only approved"),
    Practice("5.5 Activity 6.3", "Check-out and check-in keep the library right.", "checked in and out"),
    Practice("5.5 Activity 7", "Products are made and released by a procedure."),
    Practice("5.5 Activity 7.1", "The board authorises each.", "products authorised"),
    Practice("5.5 Activity 7.2", "Each is built from items of the library alone.", "products from library"),
    Practice("5.5 Activity 8", "How each item stands is recorded."),
    Practice("5.5 Activity 8.1", "In such detail that old versions can be had back.", "history"),
    Practice("5.5 Activity 8.2", "With its status and history.", "item status"),
    Practice("5.5 Activity 9", "Standard reports are made and reach those affected.", "reports told"),
    Practice("5.5 Activity 10", "Baselines are audited by a procedure."),
    Practice("5.5 Activity 10.1", "Each audit is prepared.", f"audit prepared:{_CM_AUDITS}|process of 5.5"),
    Practice("5.5 Activity 10.2", "Whether baselines are whole is looked at.", "audited:integrity"),
    Practice(
        "5.5 Activity 10.3", "Structure and means of the library are looked at.", "audited:library system"
    ),
    Practice(
        "5.5 Activity 10.4",
        "That contents are complete and right is checked.",
        "audited:completeness|physical",
    ),
    Practice(
        "5.5 Activity 10.5",
        "That work keeps to standards and procedures is checked.",
        "audited:process of 5.5",
    ),
    Practice(
        "5.5 Activity 10.6",
        "The service manager is told what was found.",
        f"audit told:{_CM_AUDITS}|process of 5.5",
    ),
    Practice(
        "5.5 Activity 10.7",
        "What follows from it is tracked to closure.",
        f"findings tracked:{_CM_AUDITS}|process of 5.5",
    ),
    Practice("5.5 Measurement 1", "Figures show how CM stands.", "measured cm"),
    Practice(
        "5.5 Verification 1", "Senior management looks at CM regularly.", "reviewed:5.5/senior management"
    ),
    Practice(
        "5.5 Verification 2",
        "The service manager does, regularly and when needed.",
        "reviewed:5.5/service manager/both",
    ),
    Practice("5.5 Verification 3", "The CM group audits baselines regularly.", "baseline audits"),
    Practice("5.5 Verification 4", "SQA looks at CM and reports it.", "audit told:process of 5.5"),
    Practice("5.5 Verification 4.1", "Whether everybody keeps to the standards.", "audited:process of 5.5"),
    Practice("5.5 Verification 4.2", "Whether baselines were audited as often as agreed.", "baseline audits"),
)
