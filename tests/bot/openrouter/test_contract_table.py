"""Where each rule of the wire contract is tested: find a row's test by its section number.

Sections: 1 sign-in, 2 keys, 4 references and catalog, 5 chat, 6 guard rules, 7 pictures, 8 clips, 9 songs,
10 speech, 11 transcription, 13 Fusion,
14 headers, 15 response cache, 16 cache markers, 17 prefill, 18 thinking, 19 DeepSeek, 20 OpenAI-only, 21 Gemini,
22 routing, 23 account.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.bot.openrouter.contract_rows_keys import KEYS
from tests.bot.openrouter.contract_rows_media import MEDIA

HERE = Path(__file__).parent

TABLE: dict[str, tuple[str, ...]] = (
    MEDIA
    | KEYS
    | {
        "0 verified route": (
            "test_route::test_openrouter_itself_is_verified_in_every_spelling",
            "test_route::test_everything_else_is_a_proxy",
            "test_route::test_an_address_that_could_mislead_is_refused_without_repeating_it",
        ),
        "4.1 parsing": (
            "test_refs::test_a_reference_becomes_a_slug",
            "test_refs::test_a_reference_is_split_at_its_first_slash_and_keeps_the_models_case",
            "test_refs::test_a_text_that_names_no_provider_is_no_reference",
        ),
        "4.2 upstream slug": ("test_refs::test_a_model_id_becomes_the_slug_the_api_knows",),
        "4.3 bundled models": (
            "test_catalog::test_bundled_models_are_known_without_asking",
            "test_catalog::test_fusion_and_unknown_models_have_defaults_and_stay_usable",
        ),
        "4.4 capability lookup": (
            "test_catalog::test_a_listed_model_is_described_by_its_row",
            "test_catalog::test_a_miss_asks_once_and_not_again_for_a_minute",
            "test_catalog::test_a_list_that_is_down_is_never_fatal",
            "test_catalog::test_the_list_survives_a_restart",
            "test_catalog::test_limits_are_looked_for_in_several_places",
            "test_catalog::test_prices_are_text_for_one_token",
            "test_catalog::test_only_pictures_that_go_in_count",
            "test_chat::test_a_model_known_to_take_no_tools_is_offered_none",
        ),
        "4.5 base URL": ("test_route::test_an_address_that_could_mislead_is_refused_without_repeating_it",),
        "4.6 fallbacks": ("test_chat_trouble::test_fallbacks_are_asked_in_order_when_a_model_is_gone",),
        "5.1 request": (
            "test_chat::test_an_answer_streams_and_ends_with_one_finished",
            "test_chat::test_the_longest_answer_is_always_said",
            "test_chat::test_behind_a_proxy_the_answer_leaves_room_for_the_prompt",
            "test_chat_sdk::test_the_sdk_knows_every_field_of_a_full_request",
            "test_shaping::test_sampling_goes_out_only_when_configured_under_either_spelling",
            "test_shaping::test_tools_lose_strict_and_get_a_choice",
        ),
        "5.1 params layering": (
            "test_params::test_the_more_specific_layer_wins_key_by_key",
            "test_chat::test_params_of_the_model_shape_the_request",
        ),
        "5.2 system, user, assistant, tool": (
            "test_messages::test_the_system_prompt_is_one_message",
            "test_chat::test_tools_are_offered_called_and_answered",
        ),
        "5.2 images inside a tool result": (
            "test_chat::test_pictures_go_as_data_urls_and_those_of_tools_follow_as_a_user_message",
        ),
        "5.2 replayed reasoning": (
            "test_messages::test_thinking_is_replayed_as_it_came",
            "test_messages::test_some_vendors_get_no_thinking_replayed",
            "test_messages::test_odd_thinking_is_settled",
        ),
        "5.2 encrypted reasoning": (
            "test_answer::test_pieces_of_thinking_are_joined_for_replay_and_secrets_of_the_provider_kept_whole",
        ),
        "5.2 Mistral ids": ("test_messages::test_mistral_gets_ids_of_nine_letters_and_digits_that_still_match",),
        "5.3 order of patches": ("test_shaping_laws::test_the_steps_come_in_the_order_that_their_effects_need",),
        "5.4 framing": (
            "test_sse::test_lines_end_in_any_of_three_ways",
            "test_sse::test_however_the_bytes_are_cut_the_events_are_the_same",
            "test_sse::test_an_event_has_a_largest_size",
            "test_chat::test_a_json_body_answers_a_streaming_request",
            "test_chat_trouble::test_a_web_page_hints_at_the_base_url",
            "test_chat_trouble::test_a_stream_that_is_not_whole_is_never_shown_as_complete",
            "test_chat_trouble::test_comments_keep_a_line_open_only_until_progress_is_due",
        ),
        "5.5 delta fields": (
            "test_answer::test_visible_text_comes_in_several_forms",
            "test_answer::test_thinking_that_comes_twice_is_counted_once",
            "test_answer::test_calls_are_told_apart_by_index_or_id_and_joined",
            "test_chat::test_pictures_that_a_chat_model_draws_come_with_the_answer",
            "test_chat_trouble::test_null_choices_and_unknown_fields_are_borne",
        ),
        "5.5 finish reasons": (
            "test_answer::test_a_finish_reason_means_one_thing",
            "test_answer::test_other_finish_reasons_are_errors_that_name_them",
        ),
        "5.5 limits": ("test_answer::test_arguments_and_text_after_a_call_have_a_largest_size",),
        "5.6 usage and cost": (
            "test_chat::test_the_billed_cost_of_the_last_chunk_counts",
            "test_chat::test_a_missing_cost_is_looked_up",
            "test_chat::test_a_cost_nobody_names_is_estimated_from_the_prices",
            "test_chat::test_a_proxy_is_never_asked_for_the_bill",
        ),
        "5.7 statuses": (
            "test_chat_trouble::test_a_busy_provider_is_asked_again_and_the_person_is_told",
            "test_chat_trouble::test_a_refusal_for_good_is_raised_at_once",
            "test_chat_trouble::test_a_retry_after_is_honoured",
            "test_chat_trouble::test_a_long_retry_after_is_told_instead_of_waited_for",
        ),
        "5.7 errors inside a 200 and in mid-stream": (
            "test_chat_trouble::test_an_error_inside_a_200_counts_as_its_code",
            "test_chat_trouble::test_an_error_in_mid_stream_voids_the_text_and_starts_anew",
        ),
        "13.1 Fusion forwarding": (
            "test_chat::test_one_shot_fusion_goes_out_without_system_prompt_and_note",
            "test_shaping::test_extra_body_wins_over_everything_but_store",
            "test_shaping::test_of_two_spellings_of_extra_body_the_one_with_the_underscore_wins_whole",
            "test_shaping::test_extra_body_that_is_no_object_is_ignored",
            "test_shaping::test_fusion_is_never_forced_to_use_one_of_our_tools",
        ),
        "13.2 Fusion note": (
            "test_fusion::test_the_note_names_the_panel_and_the_judge_and_nothing_else",
            "test_fusion::test_where_nothing_is_configured_there_is_no_note",
            "test_fusion::test_a_model_id_cannot_smuggle_instructions",
            "test_fusion::test_the_note_follows_the_system_prompt",
            "test_params::test_fusion_is_found_under_each_of_its_references",
        ),
        "13.3 one-shot": ("test_chat::test_one_shot_fusion_goes_out_without_system_prompt_and_note",),
        "14 attribution": (
            "test_route::test_attribution_is_as_documented",
            "test_route::test_media_calls_send_no_categories",
            "test_route::test_configured_headers_win_except_over_attribution_and_appear_once_in_any_case",
            "test_route::test_a_proxy_gets_configured_values_and_no_attribution",
            "test_chat::test_a_verified_request_carries_key_attribution_and_categories",
        ),
        "15 response caching": (
            "test_response_cache::test_the_cache_is_opt_in",
            "test_response_cache::test_a_lifetime_is_clamped_and_junk_is_left_out",
            "test_response_cache::test_clearing_implies_caching",
            "test_response_cache::test_a_proxy_gets_no_cache_headers",
            "test_params::test_a_later_spelling_of_a_cache_setting_removes_the_earlier_one",
        ),
        "16 Anthropic cache markers": (
            "test_anthropic::test_a_system_prompt_becomes_a_marked_block",
            "test_anthropic::test_of_blocks_the_last_is_marked_and_the_stable_one_before_it",
            "test_anthropic::test_thinking_never_carries_a_marker",
            "test_anthropic::test_retention_sets_how_long_a_mark_lasts",
            "test_anthropic::test_retention_none_sets_no_marks_and_still_cleans_thinking",
            "test_anthropic::test_empty_text_is_not_marked_and_four_marks_are_the_limit",
            "test_anthropic::test_other_messages_are_not_marked",
        ),
        "17 Anthropic prefill": (
            "test_anthropic::test_trailing_answers_go_when_reasoning_is_on",
            "test_anthropic::test_answers_elsewhere_and_turns_that_call_tools_stay",
            "test_anthropic::test_without_reasoning_a_prefill_stays",
            "test_anthropic::test_a_conversation_never_becomes_empty",
            "test_anthropic::test_dropping_is_logged_with_its_count",
        ),
        "18 thinking": (
            "test_thinking::test_a_level_becomes_an_effort_on_every_route",
            "test_thinking::test_what_the_body_already_says_is_respected",
            "test_thinking::test_some_routes_get_no_reasoning",
            "test_thinking::test_a_model_known_not_to_reason_gets_none",
        ),
        "19 DeepSeek V4": (
            "test_deepseek::test_an_effort_is_always_named_and_never_contradicted",
            "test_deepseek::test_missing_thoughts_are_filled_except_beside_calls",
            "test_deepseek::test_off_takes_all_thinking_out",
            "test_deepseek::test_other_routes_keep_their_turns",
        ),
        "20 OpenAI-only fields": (
            "test_shaping::test_what_only_openai_understands_never_leaves",
            "test_shaping::test_params_that_are_no_request_fields_stay_out_of_the_body",
        ),
        "21 Gemini signatures": (
            "test_gemini::test_base64_in_either_alphabet_is_a_signature",
            "test_gemini::test_anything_else_is_none",
            "test_gemini::test_a_broken_signature_goes_and_its_block_stays",
            "test_gemini::test_a_whole_signature_and_the_order_of_turns_stay",
            "test_gemini::test_other_models_keep_their_signatures",
        ),
        "22 provider routing": (
            "test_params::test_routing_is_merged_one_level_deeper",
            "test_params::test_routing_that_is_no_object_is_as_if_absent",
            "test_params::test_prototype_keys_are_dropped_at_every_depth_and_lists_keep_their_order",
            "test_shaping::test_routing_is_forwarded_as_written",
            "test_shaping::test_routing_stays_off_proxies_and_yields_to_the_body",
            "test_shaping::test_extra_body_replaces_routing_whole",
        ),
    }
)


def laws_in(module: str) -> set[str]:
    tree = ast.parse((HERE / f"{module}.py").read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("row", TABLE)
def test_every_row_names_tests_that_exist(row: str) -> None:
    named = [name.split("::") for name in TABLE[row]]

    assert named
    assert [f"{module}::{test}" for module, test in named if test not in laws_in(module)] == []
