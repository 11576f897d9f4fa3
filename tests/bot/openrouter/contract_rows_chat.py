"""Rows 5, 6 and 13 to 22 of the wire contract: chat, guards and request shaping, and where each is tested."""

from __future__ import annotations

FULL = "test_chat_sdk::test_the_sdk_knows_every_field_of_a_full_request"
SAMPLING = "shaping/test_pipeline::test_sampling_goes_out_only_when_configured_under_either_spelling"
ONLY_OPENAI = "shaping/test_pipeline::test_what_only_openai_understands_never_leaves"
VISIBLE = "chat/test_answer::test_visible_text_comes_in_several_forms"
FINISH = "chat/test_answer::test_a_finish_reason_means_one_thing"
BAD_FINISH = "chat/test_answer::test_other_finish_reasons_are_errors_that_name_them"
STATUS = "http/test_failure::test_each_status_is_the_error_that_says_who_can_help"
BUSY = "test_chat_trouble::test_a_busy_provider_is_asked_again_and_the_person_is_told"
FINAL = "test_chat_trouble::test_a_refusal_for_good_is_raised_at_once"
HEADERS = "http/test_route::test_configured_headers_win_except_over_attribution_and_appear_once_in_any_case"
CACHE = "chat/test_response_cache::test_the_cache_is_opt_in"
CACHE_LIFE = "chat/test_response_cache::test_a_lifetime_is_clamped_and_junk_is_left_out"
EFFORT = "shaping/test_thinking_levels::test_a_level_becomes_an_effort_on_every_route"
NO_EFFORT = "shaping/test_thinking_levels::test_some_routes_get_no_reasoning"
DEEPSEEK = "shaping/test_deepseek::test_an_effort_is_always_named_and_never_contradicted"
STRANGER = "http/test_client::test_a_download_that_is_sent_elsewhere_goes_on_as_a_stranger"

CHAT: dict[str, tuple[str, ...]] = {
    "5.1 address and headers": (
        "chat/test_completions::test_a_verified_request_carries_key_attribution_and_categories",
    ),
    "5.1 model, messages, stream": (FULL, "chat/test_completions::test_an_answer_streams_and_ends_with_one_finished"),
    "5.1 tools without strict": ("shaping/test_pipeline::test_tools_lose_strict_and_get_a_choice",),
    "5.1 tool_choice auto or absent": (
        "shaping/test_pipeline::test_tools_lose_strict_and_get_a_choice",
        "shaping/test_pipeline::test_without_tools_there_is_no_choice",
    ),
    "5.1 longest answer": (
        "chat/test_completions::test_the_longest_answer_is_always_said",
        "chat/test_completions::test_behind_a_proxy_the_answer_leaves_room_for_the_prompt",
        "chat/test_messages::test_a_token_is_four_characters_and_a_picture_eight_thousand",
    ),
    "5.1 sampling only when configured": (
        SAMPLING,
        "chat/test_completions::test_params_of_the_model_shape_the_request",
    ),
    "5.1 never store, stream_options, cache keys, tier, developer": (
        ONLY_OPENAI,
        "shaping/test_pipeline::test_params_that_are_no_request_fields_stay_out_of_the_body",
    ),
    "5.1 layers of params": (
        "test_params::test_the_more_specific_layer_wins_key_by_key",
        "test_params::test_objects_inside_other_params_are_replaced_whole",
    ),
    "5.2 system": ("chat/test_messages::test_the_system_prompt_is_one_message",),
    "5.2 user with pictures": (
        "chat/test_messages::test_pictures_are_read_once_each_and_missing_ones_are_left_out",
        FULL,
    ),
    "5.2 assistant and tool": (
        "chat/test_completions::test_tools_are_offered_called_and_answered",
        "chat/test_messages::test_an_answer_of_nothing_is_left_out",
    ),
    "5.2 pictures of tools follow": (
        "chat/test_completions::test_pictures_go_as_data_urls_and_those_of_tools_follow_as_a_user_message",
    ),
    "5.2 replayed reasoning": (
        "chat/test_messages::test_thinking_is_replayed_as_it_came",
        "chat/test_messages::test_odd_thinking_is_settled",
        "chat/test_answer::test_plain_thinking_is_kept_under_the_name_it_came_with",
    ),
    "5.2 dropped for anthropic and x-ai": ("chat/test_messages::test_some_vendors_get_no_thinking_replayed",),
    "5.2 encrypted items": (
        "chat/test_answer::test_pieces_of_thinking_are_joined_for_replay_and_secrets_of_the_provider_kept_whole",
    ),
    "5.2 Mistral ids": (
        "chat/test_messages::test_mistral_gets_ids_of_nine_letters_and_digits_that_still_match",
        "chat/test_messages::test_other_vendors_get_ids_as_they_are",
        "test_refs::test_families_are_told_by_the_whole_id",
    ),
    "5.3 order of patches": ("test_shaping_laws::test_the_steps_come_in_the_order_that_their_effects_need",),
    "5.3 extraBody replaces anything": ("shaping/test_pipeline::test_extra_body_wins_over_everything_but_store",),
    "5.4 line ends": ("http/test_sse::test_lines_end_in_any_of_three_ways",),
    "5.4 comments": (
        "http/test_sse::test_comments_alone_are_no_event",
        "test_chat_trouble::test_comments_keep_a_line_open_only_until_progress_is_due",
    ),
    "5.4 done": ("chat/test_chunks::test_nothing_after_done_is_read",),
    "5.4 cut anywhere": ("http/test_sse::test_however_the_bytes_are_cut_the_events_are_the_same",),
    "5.4 JSON body, web page": (
        "chat/test_completions::test_a_json_body_answers_a_streaming_request",
        "test_chat_trouble::test_a_web_page_hints_at_the_base_url",
        "chat/test_chunks::test_another_content_type_is_refused",
    ),
    "5.4 end before a finish reason": (
        "test_chat_trouble::test_a_stream_that_is_not_whole_is_never_shown_as_complete",
        "chat/test_answer::test_without_a_reason_an_answer_is_whole_when_its_stream_ended_in_good_order",
        "test_chat_trouble::test_an_answer_that_ends_in_good_order_without_a_reason_is_asked_for_once",
    ),
    "5.4 caps": (
        "http/test_sse::test_an_event_has_a_largest_size",
        "test_chat_trouble::test_an_endless_answer_is_cut_at_its_cap",
    ),
    "5.5 chunk with unknown and null fields": ("test_chat_trouble::test_null_choices_and_unknown_fields_are_borne",),
    "5.5 delta content and its parts": (VISIBLE,),
    "5.5 delta refusal": (VISIBLE,),
    "5.5 delta reasoning under three names": ("chat/test_answer::test_thinking_text_comes_under_three_names",),
    "5.5 delta reasoning twice": ("chat/test_answer::test_thinking_that_comes_twice_is_counted_once",),
    "5.5 delta reasoning_details that are visible": (VISIBLE,),
    "5.5 delta reasoning_details kept for replay": (
        "chat/test_answer::test_pieces_of_thinking_are_joined_for_replay_and_secrets_of_the_provider_kept_whole",
        "chat/test_answer::test_thoughts_with_different_numbers_stay_apart",
        "chat/test_completions::test_thinking_is_never_shown_and_kept_for_replay",
    ),
    "5.5 delta tool_calls": (
        "chat/test_answer::test_calls_are_told_apart_by_index_or_id_and_joined",
        "chat/test_answer::test_a_call_without_id_gets_one_and_a_call_without_name_is_none",
        "chat/test_tool_calls::test_whatever_the_numbering_the_calls_are_those_that_were_made",
        "chat/test_tool_calls::test_calls_that_stream_at_once_do_not_mix",
        "chat/test_tool_calls::test_a_head_at_one_index_and_its_arguments_at_the_next_are_one_call",
    ),
    "5.5 delta audio": ("audio/test_music::test_a_song_is_collected_from_the_stream",),
    "5.5 delta images": ("chat/test_completions::test_pictures_that_a_chat_model_draws_come_with_the_answer",),
    "5.5 finish reason stop and end": (FINISH,),
    "5.5 finish reason length": (
        FINISH,
        "test_chat_trouble::test_a_cut_answer_keeps_its_text_and_never_runs_its_calls",
    ),
    "5.5 finish reason for tools, also without calls": (FINISH,),
    "5.5 finish reason content_filter is an error": (BAD_FINISH,),
    "5.5 finish reason error is an error": (BAD_FINISH,),
    "5.5 finish reason unknown spoils no answer, alone it is an error": (
        BAD_FINISH,
        "test_chat_trouble::test_a_bad_end_is_an_error_that_names_the_reason",
    ),
    "5.5 stop with calls, also beside text": (FINISH,),
    "5.5 calls that a length cut off are dropped": (FINISH,),
    "5.5 buffers of 256 000 bytes": ("chat/test_answer::test_arguments_and_text_after_a_call_have_a_largest_size",),
    "5.6 tokens kept apart": ("chat/test_completions::test_the_billed_cost_of_the_last_chunk_counts",),
    "5.6 estimate": (
        "test_catalog::test_an_estimate_adds_all_kinds_of_tokens",
        "chat/test_completions::test_a_cost_nobody_names_is_estimated_from_the_prices",
    ),
    "5.6 lookup of the bill, verified only": (
        "chat/test_completions::test_a_missing_cost_is_looked_up",
        "chat/test_completions::test_a_proxy_is_never_asked_for_the_bill",
    ),
    "5.6 cost of the last chunk first": ("chat/test_completions::test_the_billed_cost_of_the_last_chunk_counts",),
    "5.7 status 400 and 422": (STATUS, FINAL),
    "5.7 status 401": (STATUS, "test_chat_trouble::test_a_refused_key_asks_no_fallback"),
    "5.7 status 402": (STATUS, "http/test_failure::test_a_402_tells_how_many_tokens_are_still_affordable"),
    "5.7 status 403: key, limit, moderation": (
        STATUS,
        "http/test_failure::test_moderation_metadata_decides_even_without_words",
    ),
    "5.7 status 404 goes to the next model": (
        STATUS,
        "test_chat_trouble::test_fallbacks_are_asked_in_order_when_a_model_is_gone",
    ),
    "5.7 status 408": (STATUS,),
    "5.7 status 409, 410, 499": (STATUS,),
    "5.7 status 413": (
        STATUS,
        "chat/test_retries::test_a_request_too_large_for_the_door_is_not_helped_by_a_shorter_answer",
    ),
    "5.7 status 429 and Retry-After": (STATUS, BUSY, "test_chat_trouble::test_a_retry_after_is_honoured"),
    "5.7 status 500, 502, 503, 504, 524, 529": (STATUS, BUSY),
    "5.7 Retry-After over 60 s is told": ("test_chat_trouble::test_a_long_retry_after_is_told_instead_of_waited_for",),
    "5.7 error body in every shape": ("http/test_failure::test_the_detail_is_found_wherever_somebody_put_it",),
    "5.7 error inside a 200": (
        "http/test_failure::test_an_error_inside_a_success_is_told_like_a_refusal",
        "test_chat_trouble::test_an_error_inside_a_200_counts_as_its_code",
    ),
    "5.7 error in mid-stream": (
        "chat/test_answer::test_an_error_object_in_a_chunk_or_its_choice_is_raised",
        "test_chat_trouble::test_an_error_in_mid_stream_voids_the_text_and_starts_anew",
    ),
    "5.7 text for people": (
        "http/test_failure::test_details_are_cut_masked_and_kept_on_one_line",
        "http/test_failure::test_pictures_in_an_error_are_not_shown",
    ),
}

GUARDS: dict[str, tuple[str, ...]] = {
    "6 caps of answers and previews": (
        "http/test_client::test_an_answer_above_the_cap_is_cut_off",
        "http/test_failure::test_details_are_cut_masked_and_kept_on_one_line",
    ),
    "6 three redirects, no circles": (
        "http/test_client::test_redirects_in_circles_end",
        "http/test_client::test_a_long_chain_of_redirects_ends",
    ),
    "6 another origin gets no key": (
        STRANGER,
        "http/test_client::test_a_download_to_another_port_of_the_same_host_gets_no_key",
        "bot/net/test_ssrf_guard::test_headers_stay_with_the_origin_they_were_meant_for",
    ),
    "6 a POST is never redirected": (
        "http/test_client::test_a_post_never_follows_a_redirect",
        "test_video_submit::test_a_submit_never_follows_a_redirect",
    ),
    "6 private addresses": (
        "http/test_client::test_the_real_guard_opens_no_private_address_for_a_download",
        "bot/net/test_ssrf_guard::test_a_name_of_an_address_that_is_not_public_is_never_reached",
        "bot/net/test_ssrf_guard::test_a_redirect_to_an_address_that_is_not_public_is_not_followed",
    ),
    "6 timeout precedence": (
        "images/test_generate::test_the_timeout_of_the_call_wins",
        "test_video_submit::test_the_time_of_the_call_covers_the_submit",
        "bot/agent/background/test_jobs::test_the_time_of_the_call_beats_the_configured_one_and_ends_the_waiting",
        "bot/cli/test_infer_media::test_a_clip_is_awaited_for_as_long_as_is_configured",
    ),
    "6 model of the call: exact, alone, no fallback": (
        "bot/tools/test_image_generate::test_every_wish_reaches_the_painter",
        "bot/tools/test_media_jobs::test_every_wish_for_a_clip_is_in_the_job",
        "bot/tools/test_media_jobs::test_every_wish_for_a_song_is_in_the_job",
        "images/test_generate::test_a_named_model_is_asked_alone",
        "test_video_submit::test_a_named_model_is_asked_for_a_clip_alone",
        "audio/test_music::test_a_named_model_is_asked_for_a_song_alone",
    ),
    "6 model choice": ("images/test_generate::test_the_primary_comes_first_then_the_fallbacks",),
    "6 one error as it is": (
        "images/test_generate::test_a_named_model_is_asked_alone",
        "test_video_submit::test_a_named_model_is_asked_for_a_clip_alone",
        "audio/test_music::test_a_named_model_is_asked_for_a_song_alone",
        "audio/test_speech::test_a_refusal_has_the_speech_label",
    ),
    "6 several errors in a summary": (
        "images/test_generate::test_when_no_model_draws_each_is_named",
        "test_video_submit::test_when_no_model_takes_a_clip_each_is_named",
        "audio/test_music::test_when_no_model_sings_each_is_named",
        "audio/test_transcription::test_when_all_fail_each_is_named",
    ),
    "6 slow work in the background, told when it ends": (
        "bot/agent/background/test_jobs::test_a_clip_is_submitted_followed_fetched_and_told",
        "flows/test_conversation::test_a_clip_is_delivered_as_a_reply_while_the_chat_stays_usable",
    ),
    "6 one job of a kind in a chat": (
        "bot/agent/background/test_jobs::test_a_chat_waits_for_one_clip_and_one_song_at_a_time",
        "bot/agent/background/test_jobs::test_a_clip_that_an_earlier_process_began_stands_in_the_way_of_the_next_until_it_ends",
        "bot/agent/background/test_jobs::test_a_call_that_is_repeated_after_its_job_has_ended_starts_nothing",
        "bot/tools/test_media_jobs::test_a_second_one_of_a_kind_is_not_started_and_the_first_is_named",
        "contracts/test_store_later::test_a_conversation_has_one_running_job_of_a_kind",
        "flows/test_conversation::test_a_second_clip_is_not_begun_while_the_first_is_made",
    ),
}

SHAPING: dict[str, tuple[str, ...]] = {
    "13.1 reference and wire name": ("test_refs::test_a_reference_becomes_a_slug",),
    "13.1 extraBody last": (
        "shaping/test_pipeline::test_extra_body_wins_over_everything_but_store",
        "shaping/test_pipeline::test_the_log_names_the_fields_that_extra_body_overrides_and_not_their_values",
    ),
    "13.1 both spellings": (
        "shaping/test_pipeline::test_of_two_spellings_of_extra_body_the_one_with_the_underscore_wins_whole",
    ),
    "13.1 no object, prototype keys": (
        "shaping/test_pipeline::test_extra_body_that_is_no_object_is_ignored",
        "test_params::test_prototype_keys_are_dropped_at_every_depth_and_lists_keep_their_order",
    ),
    "13.1 store goes again": ("shaping/test_pipeline::test_extra_body_wins_over_everything_but_store",),
    "13.1 no forced tools": ("shaping/test_pipeline::test_fusion_is_never_forced_to_use_one_of_our_tools",),
    "13.1 patience": ("test_chat_trouble::test_a_slow_answer_may_take_as_long_as_it_makes_progress",),
    "13.2 only Fusion": ("shaping/test_fusion::test_other_models_get_no_note",),
    "13.2 first fusion plugin, disabled, neither part": (
        "shaping/test_fusion::test_where_nothing_is_configured_there_is_no_note",
        "shaping/test_fusion::test_params_of_another_form_make_no_note",
    ),
    "13.2 content and missing parts": (
        "shaping/test_fusion::test_the_note_names_the_panel_and_the_judge_and_nothing_else",
        "shaping/test_fusion::test_a_missing_part_drops_its_line",
    ),
    "13.2 ids made harmless": ("shaping/test_fusion::test_a_model_id_cannot_smuggle_instructions",),
    "13.2 behind the stable prompt": ("shaping/test_fusion::test_the_note_follows_the_system_prompt",),
    "13.2 params under each reference": ("test_params::test_fusion_is_found_under_each_of_its_references",),
    "13.3 lean run": ("chat/test_completions::test_one_shot_fusion_goes_out_without_system_prompt_and_note",),
    "13.3 envelope": (
        "bot/cli/test_infer::test_the_envelope_holds_the_answer",
        "bot/cli/test_infer::test_a_failure_is_in_the_envelope_and_in_the_exit_status",
        "bot/cli/test_infer::test_an_empty_prompt_and_an_unknown_model_are_wrong_usage",
    ),
    "14 key": (
        "http/test_route::test_without_a_key_there_is_no_bearer",
        "http/test_client::test_a_post_carries_key_attribution_and_json",
    ),
    "14 three headers with their values": ("http/test_route::test_attribution_is_as_documented",),
    "14 verified only": (
        "chat/test_completions::test_a_proxy_gets_the_key_but_no_attribution_no_routing_and_no_cache_headers",
    ),
    "14 protected names, one spelling": (HEADERS,),
    "14 custom routes keep their own": ("http/test_route::test_a_proxy_gets_configured_values_and_no_attribution",),
    "14 media without categories": (
        "http/test_route::test_media_calls_send_no_categories",
        "http/test_route::test_media_calls_cannot_be_given_categories_by_configuration",
    ),
    "14 configurable": ("http/test_route::test_attribution_can_be_configured_and_left_out",),
    "15 spellings in order, across layers": (
        "chat/test_response_cache::test_the_first_spelling_wins",
        "test_params::test_a_later_spelling_of_a_cache_setting_removes_the_earlier_one",
    ),
    "15 booleans": ("test_params::test_a_yes_or_no_has_many_spellings",),
    "15 opt-in": (CACHE, "chat/test_response_cache::test_a_lifetime_alone_asks_for_nothing"),
    "15 explicit no": ("chat/test_response_cache::test_an_explicit_no_sends_only_that",),
    "15 lifetime": (CACHE_LIFE,),
    "15 clear": ("chat/test_response_cache::test_clearing_implies_caching",),
    "15 verified only": ("chat/test_response_cache::test_a_proxy_gets_no_cache_headers",),
    "15 never in the body": (
        "test_provider_page::test_the_response_cache_is_headers_alone_and_only_for_openrouter_itself",
    ),
    "16 verified anthropic only": ("test_shaping_laws::test_a_step_leaves_routes_alone_that_it_does_not_name",),
    "16 system text and blocks": (
        "shaping/test_anthropic::test_a_system_prompt_becomes_a_marked_block",
        "shaping/test_anthropic::test_of_blocks_the_last_is_marked_and_the_stable_one_before_it",
    ),
    "16 thinking never marked": ("shaping/test_anthropic::test_thinking_never_carries_a_marker",),
    "16 others untouched": ("shaping/test_anthropic::test_other_messages_are_not_marked",),
    "16 retention": (
        "shaping/test_anthropic::test_retention_sets_how_long_a_mark_lasts",
        "shaping/test_anthropic::test_retention_none_sets_no_marks_and_still_cleans_thinking",
    ),
    "16 four marks, no empty text": (
        "shaping/test_anthropic::test_empty_text_is_not_marked_and_four_marks_are_the_limit",
    ),
    "17 verified anthropic only": ("shaping/test_anthropic::test_other_routes_keep_their_prefill",),
    "17 only with reasoning": (
        "shaping/test_anthropic::test_trailing_answers_go_when_reasoning_is_on",
        "shaping/test_anthropic::test_without_reasoning_a_prefill_stays",
    ),
    "17 elsewhere and calls stay": ("shaping/test_anthropic::test_answers_elsewhere_and_turns_that_call_tools_stay",),
    "17 told with its count": ("shaping/test_anthropic::test_dropping_is_logged_with_its_count",),
    "17 never empty": ("shaping/test_anthropic::test_a_conversation_never_becomes_empty",),
    "18 levels and efforts": (EFFORT, "shaping/test_thinking_levels::test_levels_have_other_spellings"),
    "18 what the body says": ("shaping/test_thinking_levels::test_what_the_body_already_says_is_respected",),
    "18 skipped routes": (NO_EFFORT, "test_refs::test_routes_that_get_no_thinking_are_named"),
    "18 healer-alpha is not skipped": ("shaping/test_thinking_levels::test_healer_alpha_and_fusion_get_reasoning",),
    "18 on proxies too": (EFFORT,),
    "18 models that cannot": ("shaping/test_thinking_levels::test_a_model_known_not_to_reason_gets_none",),
    "19 route": (
        "shaping/test_deepseek::test_other_routes_keep_their_turns",
        "test_refs::test_families_are_told_by_the_whole_id",
    ),
    "19 levels on offer": ("shaping/test_thinking_levels::test_only_levels_that_a_model_understands_are_offered",),
    "19 effort": (DEEPSEEK, "shaping/test_deepseek::test_a_configured_reasoning_effort_agrees_in_the_end"),
    "19 filling": ("shaping/test_deepseek::test_missing_thoughts_are_filled_except_beside_calls",),
    "19 off": ("shaping/test_deepseek::test_off_takes_all_thinking_out",),
    "20 stripped fields": (ONLY_OPENAI,),
    "20 strict": ("shaping/test_pipeline::test_tools_lose_strict_and_get_a_choice",),
    "20 developer becomes system": ("chat/test_messages::test_the_system_prompt_is_one_message",),
    "20 params that are no fields": (
        "shaping/test_pipeline::test_params_that_are_no_request_fields_stay_out_of_the_body",
    ),
    "20 extraBody passes": ("shaping/test_pipeline::test_extra_body_wins_over_everything_but_store",),
    "21 which models": (
        "shaping/test_gemini::test_other_models_keep_their_signatures",
        "test_refs::test_families_are_told_by_the_whole_id",
    ),
    "21 broken signatures go": ("shaping/test_gemini::test_a_broken_signature_goes_and_its_block_stays",),
    "21 what is valid": (
        "shaping/test_gemini::test_base64_in_either_alphabet_is_a_signature",
        "shaping/test_gemini::test_anything_else_is_none",
    ),
    "21 no reordering": ("shaping/test_gemini::test_a_whole_signature_and_the_order_of_turns_stay",),
    "22.1 merged by key": (
        "test_params::test_routing_is_merged_one_level_deeper",
        "test_provider_page::test_routing_of_one_model_is_merged_over_the_routing_of_all",
    ),
    "22.1 no object": ("test_params::test_routing_that_is_no_object_is_as_if_absent",),
    "22.1 prototype keys, lists in order": (
        "test_params::test_prototype_keys_are_dropped_at_every_depth_and_lists_keep_their_order",
    ),
    "22.1 verified, only where none is": (
        "shaping/test_pipeline::test_routing_stays_off_proxies_and_yields_to_the_body",
    ),
    "22.1 extraBody replaces": ("shaping/test_pipeline::test_extra_body_replaces_routing_whole",),
    "22.1 a refusal never removes it": ("test_chat_trouble::test_a_refusal_never_removes_the_operators_routing",),
    "22.1 media get none": ("test_provider_page::test_media_requests_carry_no_routing",),
    "22.2 fields as written": ("shaping/test_pipeline::test_routing_is_forwarded_as_written",),
}
