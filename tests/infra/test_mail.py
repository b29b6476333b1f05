"""Tests the configuration of mail: no tracking, and bounces are reported to a function."""

from __future__ import annotations

import pytest

from tests.infra.templates import Template, listed, of_type, plain


@pytest.mark.promise("USE-9")
def test_opens_and_clicks_are_not_published(service: Template) -> None:
    (configuration,) = of_type(service, "AWS::SES::ConfigurationSet").values()
    (destination,) = of_type(service, "AWS::SES::ConfigurationSetEventDestination").values()
    asked = destination["Properties"]["EventDestination"]["MatchingEventTypes"]
    assert set(asked) == {"bounce", "complaint", "delivery", "reject"}
    assert "TrackingOptions" not in configuration["Properties"]
    assert configuration["Properties"]["VdmOptions"] == {
        "DashboardOptions": {"EngagementMetrics": "DISABLED"}
    }
    assert configuration["Properties"]["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}


@pytest.mark.promise("NOT-1")
def test_bounce_reaches_the_function_that_records_it(
    service: Template, functions: dict[str, Template]
) -> None:
    (destination,) = of_type(service, "AWS::SES::ConfigurationSetEventDestination").values()
    (event,) = functions["note_bounces"]["Events"].values()
    topic = destination["Properties"]["EventDestination"]["SnsDestination"]["TopicARN"]
    assert plain(topic) == plain(event["Properties"]["Topic"]) == "${MailTopic}"
    assert plain(destination["Properties"]["ConfigurationSetName"]) == plain(
        functions["announce_to_shard"]["Environment"]["Variables"]["RU4M_MAIL_CONFIGURATION"]
    )


@pytest.mark.promise("SEC-1")
def test_only_ses_publishes_reports_and_only_for_this_stage(service: Template) -> None:
    policy = of_type(service, "AWS::SNS::TopicPolicy")["MailTopicPolicy"]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "ses.amazonaws.com"}
    assert listed(statement["Action"]) == ["sns:Publish"]
    condition = statement["Condition"]
    assert plain(condition["ArnEquals"]["aws:SourceArn"]).endswith(":configuration-set/ru4m-${Stage}")
    assert plain(condition["StringEquals"]["aws:SourceAccount"]) == "${AWS::AccountId}"


@pytest.mark.promise("SEC-1")
def test_reports_are_sent_to_no_queue_and_no_mailbox(service: Template, data: Template) -> None:
    assert "DeadLetterQueue" not in str(service["Resources"]["NoteBounces"])
    assert "DestinationConfig" not in str(service["Resources"]["NoteBounces"])
    (identity,) = of_type(data, "AWS::SES::EmailIdentity").values()
    assert identity["Properties"]["FeedbackAttributes"] == {"EmailForwardingEnabled": False}
    assert identity["Properties"]["DkimAttributes"] == {"SigningEnabled": True}
