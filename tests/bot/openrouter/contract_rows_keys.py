"""Where the rows of the wire contract about signing in, keys and choosing a model are tested."""

from __future__ import annotations

KEYS: dict[str, tuple[str, ...]] = {
    "1 the sign-in with a real browser": (
        "../../browser/test_oauth::test_pressing_approve_brings_a_key_that_is_never_shown",
        "../../browser/test_oauth::test_on_another_machine_the_pasted_address_brings_the_key",
        "../../browser/test_oauth::test_each_wrong_paste_says_why_and_asks_again",
    ),
    "1.8 models auth login": (
        "../cli/test_models::test_a_login_rotates_the_key_and_leaves_the_model_alone",
        "../cli/test_models::test_a_login_may_set_the_default_and_forget_older_keys",
        "../cli/test_models::test_a_login_without_anybody_there_says_how_to_do_it",
    ),
    "2 onboarding with a key": (
        "../cli/test_onboard::test_a_key_may_be_given_by_option_without_a_terminal",
        "../cli/test_onboard::test_a_key_in_the_environment_is_taken_or_only_named",
        "../cli/test_onboard::test_without_a_terminal_and_without_a_key_it_says_which_options_there_are",
    ),
    "3.1 storage": (
        "../config/test_profiles::test_a_stored_key_is_read_back",
        "../config/test_profiles::test_a_reference_is_stored_instead_of_the_key",
        "../config/test_profiles::test_storing_again_rotates_the_key_and_keeps_what_others_wrote",
        "../config/test_profiles::test_a_file_that_others_can_read_is_refused_with_the_fix",
    ),
    "3.2 order of keys": (
        "../config/test_keys::test_models_take_the_stored_key_then_the_environment_then_the_file",
        "../config/test_keys::test_the_configured_key_comes_first_when_it_is_asked_for",
        "../config/test_keys::test_a_named_profile_is_used_alone",
    ),
    "3.3 order for speech": (
        "../config/test_keys::test_speech_takes_its_own_key_then_the_file_then_the_environment_then_the_stored_one",
    ),
    "3.5 rest and rotation": (
        "../config/test_keys::test_stored_keys_are_tried_signed_in_first_then_by_the_longest_rest",
        "../config/test_keys::test_a_written_order_is_kept_and_the_file_outranks_what_is_stored",
    ),
    "4.6 choosing the model": (
        "../config/test_choose::test_setting_a_model_makes_it_primary_and_choosable_and_keeps_fallbacks",
        "../config/test_choose::test_signing_in_for_the_first_time_gives_auto_a_short_name",
        "../cli/test_models::test_the_fusion_command_of_the_provider_page_works",
    ),
    "the page's examples": (
        "test_provider_page::test_images_ask_the_documented_model_for_pictures_within_three_minutes",
        "test_provider_page::test_videos_submit_to_the_documented_model",
        "test_provider_page::test_music_streams_sound_from_the_documented_model",
        "test_provider_page::test_speech_says_model_voice_and_format",
        "test_provider_page::test_transcription_is_base64_inside_json",
        "test_provider_page::test_fusion_sends_its_panel_and_tells_the_model_about_it",
        "test_provider_page::test_the_response_cache_is_headers_alone_and_only_for_openrouter_itself",
        "test_provider_page::test_routing_of_one_model_is_merged_over_the_routing_of_all",
    ),
}
