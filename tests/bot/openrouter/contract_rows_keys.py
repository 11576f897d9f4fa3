"""Rows 1 to 4 of the wire contract: signing in, keys, choosing a model, and where each is tested."""

from __future__ import annotations

HEARD = "signin/test_oauth::test_the_browser_brings_the_code_home"
WRONG_VISIT = "signin/test_oauth::test_wrong_paths_methods_and_states_do_not_end_the_wait"
CODE_FOUND = "signin/test_oauth::test_the_code_is_found_in_whatever_was_pasted"
PASTE_REFUSED = "signin/test_oauth::test_a_paste_that_does_not_do_says_what_is_missing"
EXCHANGED = "signin/test_oauth::test_the_code_is_exchanged_without_any_key_of_ours"
EXCHANGE_FAILS = "signin/test_oauth::test_an_exchange_that_fails_says_why"
ONBOARDED = "bot/cli/test_onboard::test_signing_in_stores_the_key_and_lets_auto_answer"
LOGIN = "bot/cli/test_models::test_a_login_rotates_the_key_and_leaves_the_model_alone"
LOGIN_OPTIONS = "bot/cli/test_models::test_a_login_may_set_the_default_and_forget_older_keys"
KEY_TEXT = "signin/test_key_text::test_only_the_key_is_kept"
KEY_ORDER = "bot/config/test_keys::test_models_take_the_stored_key_then_the_environment_then_the_file"
REFERENCE = "test_refs::test_a_reference_becomes_a_slug"
SLUG = "test_refs::test_a_model_id_becomes_the_slug_the_api_knows"
LISTED = "test_catalog::test_a_listed_model_is_described_by_its_row"

SIGN_IN: dict[str, tuple[str, ...]] = {
    "1.1 verifier of 32 bytes, challenge, state in hex": (
        "signin/test_oauth::test_an_attempt_has_fresh_secrets_that_are_never_shown",
    ),
    "1.1 method S256": ("signin/test_oauth::test_the_challenge_is_the_one_of_the_standard",),
    "1.2 three query fields in order, state inside the callback": (
        "signin/test_oauth::test_the_authorize_address_has_three_fields_in_order",
    ),
    "1.2 port 3000": ("signin/test_oauth::test_the_authorize_address_has_three_fields_in_order",),
    "1.3 both families bound, nothing else": (
        "signin/test_oauth::test_both_loopback_addresses_are_heard_and_no_other",
    ),
    "1.3 listener before browser": (HEARD,),
    "1.3 other path 404": (WRONG_VISIT,),
    "1.3 other method 405 with Allow": (WRONG_VISIT,),
    "1.3 error parameter ends the wait": ("signin/test_oauth::test_an_error_from_the_browser_leads_to_a_paste",),
    "1.3 no code 400": ("signin/test_oauth::test_an_error_from_the_browser_leads_to_a_paste",),
    "1.3 foreign state 400 without ending the wait": (WRONG_VISIT,),
    "1.3 success page, code, closed": (HEARD,),
    "1.3 check order path, method, error, code, state": ("signin/test_oauth::test_a_visit_is_checked_in_order",),
    "1.3 whole wait five minutes": (
        "signin/test_oauth::test_the_wait_is_five_minutes",
        "signin/test_oauth::test_without_a_browser_the_address_is_told_and_the_wait_ends_in_a_paste",
    ),
    "1.3 any listener failure leads to a paste": (
        "signin/test_oauth::test_a_port_that_is_taken_leads_to_a_paste",
        "browser/test_oauth::test_on_another_machine_the_pasted_address_brings_the_key",
    ),
    "1.3 no browser is not fatal": (
        "signin/test_oauth::test_without_a_browser_the_address_is_told_and_the_wait_ends_in_a_paste",
    ),
    "1.3 in a real browser": ("browser/test_oauth::test_pressing_approve_brings_a_key_that_is_never_shown",),
    "1.4 remote host: no listener, no browser": (
        "signin/test_oauth::test_on_a_remote_host_nothing_listens_and_nothing_opens",
        "bot/cli/test_onboard::test_a_machine_without_a_screen_counts_as_remote",
        "bot/cli/test_onboard::test_on_a_remote_machine_the_address_is_pasted",
    ),
    "1.4 prompt asks again": (
        "signin/test_oauth::test_three_wrong_pastes_end_the_sign_in",
        "browser/test_oauth::test_each_wrong_paste_says_why_and_asks_again",
    ),
    "1.5 empty": (PASTE_REFUSED,),
    "1.5 address with code and state": (CODE_FOUND,),
    "1.5 localhost without scheme": (CODE_FOUND,),
    "1.5 bare query": (CODE_FOUND,),
    "1.5 bare code": (PASTE_REFUSED,),
    "1.5 no code": (PASTE_REFUSED,),
    "1.5 no state": (PASTE_REFUSED,),
    "1.5 other state": (PASTE_REFUSED,),
    "1.5 blank code": (PASTE_REFUSED,),
    "1.6 request, headers, body": (EXCHANGED,),
    "1.6 timeout 30 s": (EXCHANGE_FAILS,),
    "1.6 key and user id": ("signin/test_oauth::test_the_account_may_be_named_in_two_ways_or_not_at_all",),
    "1.6 documented failures": (EXCHANGE_FAILS,),
    "1.6 error detail by place": ("signin/test_oauth::test_the_detail_is_the_first_that_is_there",),
    "1.6 unexpected body, missing key, size limit": (EXCHANGE_FAILS,),
    "1.6 outer words and cause": (EXCHANGE_FAILS, "signin/test_oauth::test_three_wrong_pastes_end_the_sign_in"),
    "1.6 never repeats secrets": (
        "signin/test_oauth::test_an_error_never_repeats_code_or_verifier",
        "laws/test_secrets::test_a_sign_in_that_fails_tells_neither_code_nor_verifier",
    ),
    "1.7 profile replaced": (
        LOGIN,
        "bot/config/test_profiles::test_storing_again_rotates_the_key_and_keeps_what_others_wrote",
    ),
    "1.7 an API-key credential with name and metadata": (ONBOARDED,),
    "1.7 config patch": (
        "bot/config/test_choose::test_signing_in_chooses_auto_and_keeps_what_was_chosen_before",
        "bot/config/test_choose::test_signing_in_for_the_first_time_gives_auto_a_short_name",
    ),
    "1.7 notes": (ONBOARDED,),
    "1.8 needs a terminal": ("bot/cli/test_models::test_a_login_without_anybody_there_says_how_to_do_it",),
    "1.8 stored under lock, first in order": (
        "bot/config/test_profiles::test_two_logins_at_once_are_both_kept",
        "bot/cli/test_models::test_a_pasted_key_is_stored_beside_the_others_and_tried_first",
    ),
    "1.8 the primary stays unless set-default": (
        LOGIN,
        LOGIN_OPTIONS,
        "bot/config/test_choose::test_a_login_leaves_the_primary_alone",
    ),
    "1.8 force and profile id": (
        LOGIN_OPTIONS,
        "bot/config/test_profiles::test_a_login_may_replace_every_earlier_key",
    ),
}

KEYS: dict[str, tuple[str, ...]] = {
    "2 auth choice api key": ("bot/cli/test_onboard::test_a_key_may_be_given_by_option_without_a_terminal",),
    "2 option before environment before prompt": (
        "bot/cli/test_onboard::test_a_key_may_be_given_by_option_without_a_terminal",
        "bot/cli/test_onboard::test_a_key_in_the_environment_is_taken_or_only_named",
        "bot/cli/test_onboard::test_without_a_terminal_and_without_a_key_it_says_which_options_there_are",
    ),
    "2 key normalisation": (KEY_TEXT, "signin/test_key_text::test_nothing_is_no_key"),
    "2 ref mode": (
        "bot/cli/test_onboard::test_a_key_in_the_environment_is_taken_or_only_named",
        "bot/config/test_profiles::test_a_reference_is_stored_instead_of_the_key",
    ),
    "2 same config patch": ("bot/config/test_choose::test_signing_in_chooses_auto_and_keeps_what_was_chosen_before",),
    "2 no prefix asked for": ("signin/test_key_text::test_no_prefix_is_asked_for_and_half_a_quote_stays",),
    "2 a pasted key under models auth": (
        LOGIN,
        "bot/cli/test_models::test_a_pasted_key_is_stored_beside_the_others_and_tried_first",
    ),
    "3.1 shape": ("bot/config/test_profiles::test_a_stored_key_is_read_back",),
    "3.1 mode 0600, lock, unknown fields kept": (
        "bot/config/test_profiles::test_a_file_that_others_can_read_is_refused_with_the_fix",
        "bot/config/test_profiles::test_two_logins_at_once_are_both_kept",
        "bot/config/test_profiles::test_storing_again_rotates_the_key_and_keeps_what_others_wrote",
        "bot/config/test_profiles::test_a_broken_file_is_never_silently_started_anew",
    ),
    "3.1 how each key fared": (
        "bot/config/test_profiles::test_how_a_key_fared_is_kept_beside_what_others_wrote",
        "http/test_key_rotation::test_what_happened_to_a_key_is_written_down_and_forgotten_with_success",
        "http/test_key_rotation::test_a_key_that_goes_on_working_is_written_down_once_a_minute",
        "http/test_key_rotation::test_a_file_that_cannot_be_written_costs_no_request",
    ),
    "3.2 named profile first": (
        "bot/config/test_keys::test_a_named_profile_is_used_alone",
        "test_provider::test_a_listener_with_a_profile_uses_the_key_that_is_stored_under_it",
    ),
    "3.2 auth api-key puts the file first": (
        "bot/config/test_keys::test_the_configured_key_comes_first_when_it_is_asked_for",
    ),
    "3.2 order of profiles": (
        "bot/config/test_keys::test_stored_keys_are_tried_signed_in_first_then_by_the_longest_rest",
        "bot/config/test_keys::test_a_written_order_is_kept_and_the_file_outranks_what_is_stored",
    ),
    "3.2 environment, then file": (KEY_ORDER,),
    "3.2 none is an error": (
        "http/test_client::test_a_missing_key_is_refused_before_anything_is_asked",
        "bot/cli/test_infer::test_without_a_key_it_says_how_to_get_one",
    ),
    "3.3 speech order": (
        "bot/config/test_keys::test_speech_takes_its_own_key_then_the_file_then_the_environment_then_the_stored_one",
        "test_provider::test_a_key_for_speech_that_points_nowhere_takes_only_the_voice_away",
    ),
    "3.4 what is set wins over the file's env": (
        "bot/config/test_load::test_variables_of_the_file_are_set_only_where_none_is_set",
    ),
    "3.4 order of places": ("bot/config/test_environment::test_each_place_wins_over_those_after_it",),
    "3.4 no provider key from the working directory": (
        "bot/config/test_environment::test_a_dotenv_file_of_the_working_directory_gives_no_key_and_nothing_to_the_process",
    ),
    "3.4 home file as written": (
        "bot/config/test_environment::test_a_dotenv_file_beside_the_configuration_gives_keys_as_written",
    ),
    "3.4 login shell on demand, bounded, never quoted": (
        "bot/config/test_environment::test_only_what_something_here_reads_comes_from_the_login_shell",
        "bot/config/test_environment::test_the_login_shell_is_not_asked_unasked_or_for_nothing",
        "bot/config/test_environment::test_a_login_shell_that_misbehaves_is_left_out_and_never_quoted",
    ),
    "3.5 cooldown 1, 5, 25, 60 minutes": (
        "bot/config/test_key_cooldown::test_each_trouble_in_a_row_rests_longer",
        "bot/config/test_key_cooldown::test_what_was_under_way_when_the_rest_began_counts_once_with_it",
        "http/test_key_rotation::test_each_refusal_rests_the_key_as_long_as_it_deserves",
    ),
    "3.5 billing 5 h doubled to 24 h": (
        "bot/config/test_key_cooldown::test_a_key_without_credit_rests_for_hours_doubled_up_to_a_day",
    ),
    "3.5 success resets, so does a day": (
        "bot/config/test_key_cooldown::test_success_ends_all_trouble",
        "bot/config/test_key_cooldown::test_a_day_without_trouble_forgives",
    ),
    "3.5 keys that rest come last": (
        "bot/config/test_keys::test_of_those_that_rest_the_one_that_is_ready_soonest_comes_first",
        "http/test_key_rotation::test_a_refused_key_gives_way_to_the_next_at_once_and_comes_back_rested",
        "http/test_key_rotation::test_a_question_is_answered_although_the_first_stored_key_is_refused",
    ),
    "3.5 nothing that may be paid is repeated": (
        "http/test_key_rotation::test_what_may_have_been_done_is_not_asked_again_with_another_key",
        "http/test_key_rotation::test_a_refusal_of_the_request_is_no_fault_of_the_key",
    ),
    "3.5 provider returned error": (
        "http/test_key_rotation::test_a_provider_that_failed_behind_the_router_rests_the_key_like_a_timeout",
        "http/test_failure::test_a_provider_behind_the_router_that_gives_no_cause_is_busy",
        "test_chat_trouble::test_a_provider_behind_the_router_that_refuses_gives_way_to_the_next_model",
    ),
    "3.5 further keys of the environment only after a rate limit": (
        "bot/config/test_keys::test_spare_keys_come_from_the_environment_each_once",
        "http/test_key_rotation::test_spare_keys_are_tried_only_once_a_rate_limit_was_met",
        "http/test_key_rotation::test_a_host_with_a_key_of_its_own_gets_no_spare_key",
    ),
    "3.5 a 403 about the key's limit is billing": (
        "http/test_failure::test_each_status_is_the_error_that_says_who_can_help",
    ),
    "3.5 a busy model gives way": ("test_chat_trouble::test_a_busy_model_gives_way_and_rests_for_a_while",),
}

MODELS: dict[str, tuple[str, ...]] = {
    "4.1 split at the first slash": (
        "test_refs::test_a_reference_is_split_at_its_first_slash_and_keeps_the_models_case",
    ),
    "4.1 no provider, no reference": (
        "test_refs::test_a_text_that_names_no_provider_is_no_reference",
        "chat/test_completions::test_a_text_that_is_no_reference_is_a_missing_model",
    ),
    "4.1 old colon spelling, bare ids, Fusion, vendors": (REFERENCE,),
    "4.2 every example": (SLUG, "test_refs::test_a_slug_finds_back_from_its_reference"),
    "4.2 suffixes kept": (SLUG, "test_catalog::test_a_variant_is_the_same_model"),
    "4.3 bundled models and their figures": ("test_catalog::test_bundled_models_are_known_without_asking",),
    "4.3 Fusion defaults, retired models usable": (
        "test_catalog::test_fusion_and_unknown_models_have_defaults_and_stay_usable",
    ),
    "4.4 request without key, kept on disk": (
        "http/test_client::test_the_catalog_can_be_read_without_a_key",
        "test_catalog::test_the_list_survives_a_restart",
    ),
    "4.4 one refresh for a miss, failure never fatal": (
        "test_catalog::test_a_miss_asks_once_and_not_again_for_a_minute",
        "test_catalog::test_a_list_that_is_down_is_never_fatal",
    ),
    "4.4 name and picture input": (LISTED, "test_catalog::test_only_pictures_that_go_in_count"),
    "4.4 reasoning and tools; known no tools": (
        LISTED,
        "test_catalog::test_a_bare_row_has_careful_defaults",
        "chat/test_completions::test_a_model_known_to_take_no_tools_is_offered_none",
    ),
    "4.4 context and longest answer": ("test_catalog::test_limits_are_looked_for_in_several_places",),
    "4.4 prices per token": ("test_catalog::test_prices_are_text_for_one_token",),
    "4.4 page by page, never to another origin": (
        "test_catalog::test_a_long_list_is_read_page_by_page",
        "test_catalog::test_a_page_at_another_origin_is_not_asked_and_nothing_known_is_lost",
        "test_catalog::test_a_list_without_an_end_is_given_up",
        "bot/cli/test_models::test_the_list_is_kept_and_asked_for_anew_on_demand",
    ),
    "4.4 unknown model": ("test_catalog::test_fusion_and_unknown_models_have_defaults_and_stay_usable",),
    "4.5 canonical and legacy address": ("http/test_route::test_openrouter_itself_is_verified_in_every_spelling",),
    "4.5 everything else is a proxy": ("http/test_route::test_everything_else_is_a_proxy",),
    "4.5 an address that misleads": (
        "http/test_route::test_an_address_that_could_mislead_is_refused_without_repeating_it",
    ),
    "4.6 models set": (
        "bot/config/test_choose::test_setting_a_model_makes_it_primary_and_choosable_and_keeps_fallbacks",
        "bot/cli/test_models::test_setting_the_model_keeps_the_files_comments",
        "bot/cli/test_models::test_the_fusion_command_of_the_provider_page_works",
    ),
    "4.6 allowlist and its reply": (
        "bot/config/test_choose::test_an_empty_list_allows_every_model_and_a_filled_one_only_its_own",
        "flows/test_conversation::test_a_model_outside_the_list_is_refused_in_the_chat",
    ),
    "4.6 fallbacks in order": ("test_chat_trouble::test_fallbacks_are_asked_in_order_when_a_model_is_gone",),
}
