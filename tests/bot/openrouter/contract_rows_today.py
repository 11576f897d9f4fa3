"""Rows of section 25 of the wire contract: OpenRouter as it is today, and where each is tested."""

from __future__ import annotations

TODAY: dict[str, tuple[str, ...]] = {
    "25 user and session_id": (
        "chat/test_pseudonyms::test_two_people_and_two_sessions_differ_and_stay_over_a_restart",
        "chat/test_pseudonyms::test_the_request_carries_them_to_openrouter_and_to_no_proxy",
    ),
    "25 zero data retention": (
        "http/test_route::test_zero_data_retention_goes_out_with_whatever_is_routed",
        "http/test_client::test_zero_data_retention_is_asked_for_on_the_wire",
        "http/test_error_kinds::test_a_data_policy_that_leaves_no_endpoint_is_named_with_the_page_to_change_it",
    ),
    "25 efforts": (
        "shaping/test_thinking_levels::test_the_effort_is_the_nearest_that_the_catalog_lists",
        "shaping/test_thinking_levels::test_the_levels_on_offer_are_those_that_the_catalog_lists",
        "test_catalog::test_the_efforts_of_a_model_are_read_and_kept",
    ),
    "25 own keys": ("test_cost::test_dollars_become_millionths_and_nonsense_becomes_nothing",),
    "25 cleaning what goes out again": (
        "chat/test_replay::test_whatever_was_said_goes_out_as_every_provider_takes_it",
        "chat/test_tool_calls::test_arguments_are_always_the_text_of_an_object_and_stay_when_they_are",
    ),
    "25 errors": (
        "http/test_error_kinds::test_a_code_that_is_a_word_is_read_before_the_status",
        "http/test_error_kinds::test_too_long_is_known_in_all_words",
        "http/test_error_kinds::test_when_to_come_back_is_found_wherever_it_stands",
        "chat/test_remedies::test_a_daily_limit_is_asked_once_and_the_fallback_at_once",
        "chat/test_remedies::test_a_model_without_tools_answers_without_and_is_remembered_for_a_day",
        "chat/test_remedies::test_instructions_that_a_model_takes_from_no_system_stand_before_what_the_person_says",
    ),
    "25 proxy": ("http/test_client::test_the_proxy_carries_requests_to_the_provider_and_none_to_strangers",),
}
