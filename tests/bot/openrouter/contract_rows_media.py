"""Rows 7 to 12, 23 and the ambiguities of the wire contract: media, account, and where each is tested."""

from __future__ import annotations

DRAWN = "images/test_generate::test_a_prompt_becomes_a_picture"
HINTS = "images/test_generate::test_gemini_takes_a_shape_and_a_resolution"
FOUND = "images/test_generate::test_a_picture_is_found_wherever_the_model_puts_it"
MALFORMED = "images/test_generate::test_a_picture_that_cannot_be_read_is_malformed"
WRONG_PICTURE_WISH = "bot/tools/test_image_generate::test_a_wrong_wish_is_refused_before_anything_is_drawn"
PICTURE_WISHES = "bot/tools/test_image_generate::test_every_wish_reaches_the_painter"
SUBMITTED = "test_video_submit::test_a_clip_is_submitted_once_and_with_everything"
ROLES = "test_video_submit::test_pictures_take_their_places_in_order"
NEAREST_SECONDS = "test_video_submit::test_durations_go_to_the_nearest_one_on_offer"
NEAREST_SHAPE = "test_ratios::test_shapes_are_compared_by_the_logarithm_of_their_ratio"
WRONG_CLIP_WISH = "bot/tools/test_media_jobs::test_a_wrong_wish_for_a_clip_starts_nothing"
WRONG_SONG_WISH = "bot/tools/test_media_jobs::test_a_wrong_wish_for_a_song_starts_nothing"
CLIP_WISHES = "bot/tools/test_media_jobs::test_every_wish_for_a_clip_is_in_the_job"
LIVE = "test_video_submit::test_the_live_catalog_decides_what_a_model_can_do"
OWN_ORIGIN = "videos/test_generate::test_the_key_is_shown_at_the_own_origin_only"
NO_CLIP = "videos/test_generate::test_what_is_no_clip_is_told_with_the_download_label"
SONG = "audio/test_music::test_a_song_is_collected_from_the_stream"
BAD_SONG = "audio/test_music::test_a_stream_that_goes_wrong_is_never_a_song"
SPOKEN = "audio/test_speech::test_every_setting_goes_out_and_the_voice_of_the_call_wins"
NO_SOUND = "audio/test_speech::test_words_in_place_of_sound_are_a_bad_answer"
HEARD = "audio/test_transcription::test_a_voice_note_goes_out_as_base64_inside_json"
FORMAT = "audio/test_transcription::test_the_format_is_told_by_type_then_by_extension"
SIZES = "audio/test_transcription::test_unknown_empty_and_oversize_sound_is_never_sent"

PICTURES: dict[str, tuple[str, ...]] = {
    "7.1 model and its default": (
        DRAWN,
        "test_provider_page::test_images_ask_the_documented_model_for_pictures_within_three_minutes",
    ),
    "7.1 prompt alone, prompt with pictures in order": (
        DRAWN,
        "images/test_generate::test_references_follow_the_prompt_in_order",
    ),
    "7.1 image then text": (DRAWN,),
    "7.1 n of 1 to 4": ("images/test_generate::test_one_to_four_pictures_are_asked_for",),
    "7.1 image_config for gemini only": (
        HINTS,
        "images/test_generate::test_other_models_get_no_hints_and_the_person_hears_it",
    ),
    "7.2 action generate, status, list": (
        "bot/tools/test_image_generate::test_asking_what_there_is_draws_nothing",
        "bot/tools/test_image_generate::test_the_list_names_every_shape_that_is_understood",
    ),
    "7.2 prompt required": (WRONG_PICTURE_WISH,),
    "7.2 the person's pictures": (
        "bot/tools/test_image_generate::test_an_edit_takes_the_pictures_of_the_person_in_order",
        "bot/tools/test_pictures::test_a_number_is_a_picture_of_the_person",
    ),
    "7.2 image and images merged, trimmed, each once": (
        "bot/tools/test_image_generate::test_pictures_are_taken_once_each_the_own_ones_first",
    ),
    "7.2 ten for the tool, five for the provider": (
        "bot/tools/test_image_generate::test_ten_pictures_are_handed_on_and_eleven_are_too_many",
        "images/test_generate::test_more_than_five_references_are_refused_unasked",
    ),
    "7.2 path and file address": (
        "bot/tools/test_pictures::test_no_file_is_read_unless_a_folder_is_open",
        "bot/tools/test_pictures::test_a_picture_in_an_open_folder_is_read",
        "bot/tools/test_pictures::test_nothing_leads_out_of_an_open_folder_and_nothing_is_told_about_what_lies_there",
        "flows/test_speech_and_pictures::test_a_picture_of_this_machine_is_changed_only_out_of_an_open_folder",
        "bot/cli/test_infer_media::test_a_picture_to_change_is_a_file_or_an_address",
    ),
    "7.2 data address": ("bot/tools/test_pictures::test_a_picture_comes_out_of_a_data_address",),
    "7.2 http(s) through the guard": (
        "bot/tools/test_pictures::test_a_picture_is_fetched_from_the_web_within_a_cap",
        "bot/tools/test_pictures::test_no_private_address_is_opened",
        "bot/net/test_ssrf_guard::test_plain_http_is_opened_only_where_it_is_asked_for_and_at_no_private_address_either",
        "bot/cli/test_infer_media::test_an_address_that_may_not_be_opened_is_a_failure_that_asks_nobody",
    ),
    "7.2 other schemes": ("bot/tools/test_pictures::test_other_kinds_of_address_are_refused",),
    "7.2 content must be a picture": (
        "bot/tools/test_pictures::test_a_picture_is_fetched_from_the_web_within_a_cap",
        "bot/tools/test_pictures::test_a_file_that_is_no_picture_is_refused_and_not_shown",
    ),
    "7.2 count": (PICTURE_WISHES, WRONG_PICTURE_WISH),
    "7.2 aspectRatio of fifteen, then the nearest of ten": (
        PICTURE_WISHES,
        WRONG_PICTURE_WISH,
        HINTS,
        "test_ratios::test_no_supported_shape_is_nearer_than_the_chosen_one",
    ),
    "7.2 resolution in any case, inferred for edits": (
        PICTURE_WISHES,
        WRONG_PICTURE_WISH,
        "images/test_generate::test_an_edit_keeps_about_the_resolution_it_came_with",
        "flows/test_speech_and_pictures::test_a_large_picture_is_changed_as_finely_as_it_came",
    ),
    "7.2 size becomes a ratio": (PICTURE_WISHES, WRONG_PICTURE_WISH, NEAREST_SHAPE, HINTS),
    "7.2 quality, outputFormat, background ignored and told": (
        "bot/tools/test_image_generate::test_hints_that_nothing_takes_are_told_as_ignored",
    ),
    "7.2 timeoutMs wins": (
        PICTURE_WISHES,
        WRONG_PICTURE_WISH,
        "images/test_generate::test_the_timeout_of_the_call_wins",
    ),
    "7.2 filename": ("bot/tools/test_image_generate::test_a_picture_is_called_as_asked_by_what_it_is",),
    "7.2 nearest ratio and its ties": (NEAREST_SHAPE,),
    "7.3 images of the message": (FOUND,),
    "7.3 data URLs in the text": (FOUND,),
    "7.3 parts of the content": (FOUND,),
    "7.3 data URL grammar": (FOUND, MALFORMED),
    "7.3 wrong structure": (MALFORMED, "images/test_generate::test_a_link_that_leads_nowhere_is_malformed"),
    "7.3 no image": (
        "images/test_generate::test_words_alone_are_a_missing_picture",
        "images/test_generate::test_a_refusal_inside_a_success_is_moderation",
    ),
    "7.3 label of errors": ("images/test_generate::test_an_error_inside_a_choice_is_told",),
    "7.3 file names": ("images/test_generate::test_pictures_are_named_by_place_and_kind",),
    "7.3 linked picture": ("images/test_generate::test_a_linked_picture_is_fetched_as_a_stranger",),
    "7.4 models that only draw": (
        "images/test_generate::test_a_model_that_only_draws_is_asked_through_images",
        "images/test_generate::test_a_404_about_output_modalities_leads_to_images",
    ),
}

CLIPS: dict[str, tuple[str, ...]] = {
    "8.1 request with every field": (SUBMITTED, CLIP_WISHES),
    "8.1 model and its default": ("test_provider_page::test_videos_submit_to_the_documented_model",),
    "8.1 resolution in lower case": (SUBMITTED,),
    "8.1 nothing unasked": ("test_video_submit::test_nothing_is_sent_that_was_not_asked_for",),
    "8.1 generate_audio false is sent": (SUBMITTED, CLIP_WISHES),
    "8.1 seed": (
        "test_video_submit::test_a_seed_that_is_no_safe_integer_is_refused_unasked",
        "test_video_submit::test_safe_seeds_are_whole_numbers",
    ),
    "8.1 callback_url": (SUBMITTED,),
    "8.1 picture by data or address": ("test_video_submit::test_a_picture_needs_data_or_a_web_address",),
    "8.1 asked once": ("test_video_submit::test_whenever_the_job_may_be_running_it_is_not_asked_for_again",),
    "8.2 slots by role": (ROLES,),
    "8.2 nine pictures for the tool, four for the provider": (
        "bot/tools/test_media_jobs::test_nine_pictures_are_handed_on_and_roles_stay_with_theirs",
        WRONG_CLIP_WISH,
        "test_video_submit::test_more_than_four_pictures_are_refused_unasked",
    ),
    "8.2 imageRoles by place, each picture once": (
        "bot/tools/test_media_jobs::test_nine_pictures_are_handed_on_and_roles_stay_with_theirs",
        "bot/tools/test_media_jobs::test_more_roles_than_pictures_are_refused",
        CLIP_WISHES,
        WRONG_CLIP_WISH,
    ),
    "8.2 no videos, no sounds": (
        "test_video_submit::test_videos_and_sounds_cannot_guide_a_clip",
        WRONG_CLIP_WISH,
    ),
    "8.3 limits of the default model": (NEAREST_SECONDS, "test_ratios::test_numbers_in_the_middle_go_up"),
    "8.3 unknown option or wrong type": (WRONG_CLIP_WISH,),
    "8.3 durations": (NEAREST_SECONDS,),
    "8.3 resolutions": (
        "test_video_submit::test_resolutions_go_to_the_nearest_one_on_offer",
        "test_ratios::test_resolutions_are_compared_by_lines",
    ),
    "8.3 shapes": (NEAREST_SHAPE,),
    "8.3 what is left out is told": (
        "test_video_submit::test_wishes_the_model_cannot_follow_are_named",
        "test_video_submit::test_what_the_default_model_cannot_follow_is_told_with_the_job",
        "bot/tools/test_media_jobs::test_what_the_model_cannot_follow_is_told_with_the_start",
    ),
    "8.3 durationSeconds of the tool": (WRONG_CLIP_WISH,),
    "8.3 live catalog": (LIVE, "test_video_submit::test_what_the_catalog_does_not_mention_stays_as_known"),
    "8.3 failed lookup": ("test_video_submit::test_a_failed_lookup_is_not_repeated_at_once",),
    "8.4 running": ("videos/test_generate::test_every_word_for_running_means_wait",),
    "8.4 in_progress": ("videos/test_generate::test_every_word_for_running_means_wait",),
    "8.4 completed": ("videos/test_generate::test_a_finished_job_tells_addresses_and_cost",),
    "8.4 failed, cancelled, expired, unknown": ("videos/test_generate::test_a_job_that_ended_badly_is_a_bad_answer",),
    "8.4 submit answer": (
        "test_video_submit::test_a_job_that_failed_at_once_is_told",
        "test_video_submit::test_a_job_that_is_done_at_once_is_not_polled",
    ),
    "8.5 interval": ("bot/agent/background/test_jobs::test_a_clip_is_submitted_followed_fetched_and_told",),
    "8.5 120 attempts": ("bot/agent/background/test_jobs::test_a_clip_is_asked_for_120_times",),
    "8.5 60 s for a call, or what is left": (
        "videos/test_generate::test_a_question_takes_no_longer_than_it_may",
        "bot/agent/background/test_jobs::test_the_time_of_the_call_beats_the_configured_one_and_ends_the_waiting",
    ),
    "8.5 whole time: call, then configuration, then 600 s": (
        CLIP_WISHES,
        "bot/agent/background/test_jobs::test_the_time_of_the_call_beats_the_configured_one_and_ends_the_waiting",
        "test_video_submit::test_the_time_of_the_call_covers_the_submit",
        "bot/cli/test_infer_media::test_a_clip_is_awaited_for_as_long_as_is_configured",
    ),
    "8.5 a failing poll": (
        "videos/test_generate::test_asking_that_fails_leaves_the_paid_job_alive",
        "bot/agent/background/test_jobs::test_a_poll_may_fail_now_and_then",
        "videos/test_generate::test_a_job_nobody_knows_is_gone",
    ),
    "8.5 relative and foreign polling_url": (OWN_ORIGIN,),
    "8.5 key at the own origin only": (OWN_ORIGIN,),
    "8.5 guard": ("http/test_client::test_the_real_guard_opens_no_private_address_for_a_download",),
    "8.6 unsigned address, else the documented one": (
        "videos/test_generate::test_an_unsigned_address_at_home_is_fetched_with_the_key",
        "videos/test_generate::test_without_addresses_the_documented_one_is_used",
        "videos/test_generate::test_a_listed_address_that_fails_falls_back_to_the_documented_one",
    ),
    "8.6 same-origin key": ("videos/test_generate::test_an_unsigned_address_elsewhere_is_fetched_without_the_key",),
    "8.6 type and name": (
        "bot/agent/background/test_jobs::test_a_clip_is_submitted_followed_fetched_and_told",
        NO_CLIP,
    ),
    "8.6 too large: a link, or an error": (
        "videos/test_generate::test_a_clip_too_large_to_carry_becomes_a_link",
        "videos/test_generate::test_a_clip_too_large_and_without_a_link_is_refused",
        "bot/agent/background/test_jobs::test_a_clip_too_large_to_carry_is_a_link",
    ),
    "8.6 empty, JSON or text": (NO_CLIP,),
    "8.6 malformed lists": ("videos/test_generate::test_a_job_that_ended_badly_is_a_bad_answer",),
    "8.6 labels": (NO_CLIP, "test_video_submit::test_a_refusal_is_told_with_label_and_status"),
}

SONGS: dict[str, tuple[str, ...]] = {
    "9.1 request: text then audio, format, stream": (
        SONG,
        "test_provider_page::test_music_streams_sound_from_the_documented_model",
        "flows/test_provider_page::test_the_music_example_brings_a_song_to_the_chat",
    ),
    "9.1 format": (
        "audio/test_music::test_an_unknown_format_is_refused_unasked",
        WRONG_SONG_WISH,
    ),
    "9.1 blocks of the prompt, instrumental": (
        "audio/test_music::test_the_prompt_is_built_in_blocks",
        "bot/tools/test_media_jobs::test_every_wish_for_a_song_is_in_the_job",
    ),
    "9.1 duration": (
        "audio/test_music::test_durations_are_whole_and_bounded",
        "audio/test_music::test_a_duration_that_is_no_number_is_not_told",
    ),
    "9.1 one picture, by data or address": (
        "audio/test_music::test_a_picture_goes_along_after_the_words",
        "bot/tools/test_media_jobs::test_a_song_takes_a_picture_by_its_address",
        "bot/cli/test_infer_media::test_a_link_for_a_clip_or_a_song_is_left_to_the_provider",
    ),
    "9.1 ten pictures for the tool, one for the provider": (WRONG_SONG_WISH,),
    "9.1 action status and list": (
        "bot/tools/test_media_jobs::test_each_tool_tells_what_of_its_kind_is_running",
        "bot/tools/test_media_jobs::test_asking_what_there_is_starts_nothing",
    ),
    "9.1 time, two minutes at least with a notice": (
        "test_provider_page::test_a_song_gets_at_least_two_minutes",
        "audio/test_music::test_a_time_that_is_too_short_for_any_song_is_raised_and_told",
        "bot/cli/test_doctor::test_what_of_pictures_and_songs_cannot_be_followed_is_told",
    ),
    "9.1 no time in the call": ("bot/tools/test_media_jobs::test_the_time_of_a_song_is_not_for_the_model_to_say",),
    "9.2 sound and words from every event": (SONG,),
    "9.2 quartets cut between pieces": (
        "audio/test_music::test_however_the_base64_is_cut_the_bytes_are_the_same",
        "audio/test_music::test_pieces_that_are_each_padded_are_put_together",
    ),
    "9.2 broken base64": (BAD_SONG, "audio/test_music::test_what_is_taken_is_exactly_what_python_would_write"),
    "9.2 end without done, done without sound, error event": (
        BAD_SONG,
        "audio/test_music::test_a_line_that_breaks_is_busy",
    ),
    "9.2 deadline": ("audio/test_music::test_a_song_that_takes_too_long_is_given_up",),
    "9.2 caps": (BAD_SONG,),
    "9.2 track, words as lyrics": (
        SONG,
        "bot/agent/background/test_jobs::test_a_song_is_composed_and_told_with_its_words",
    ),
    "9.2 named by its bytes": ("audio/test_music::test_the_bytes_decide_what_the_song_is",),
}

SPEECH: dict[str, tuple[str, ...]] = {
    "10 model, input, voice, format, speed, provider": (SPOKEN, "audio/test_speech::test_words_become_mp3"),
    "10 order of voices": ("audio/test_speech::test_the_first_named_voice_wins",),
    "10 mp3 or pcm, always sent": ("audio/test_speech::test_only_mp3_and_pcm_can_be_configured", SPOKEN),
    "10 speed only when finite": ("audio/test_speech::test_a_speed_that_is_no_number_is_left_out",),
    "10 config path": (
        "test_provider_page::test_speech_says_model_voice_and_format",
        "bot/config/test_load::test_the_newer_places_for_speech_and_media_models_are_read_too",
    ),
    "10 auto: off, always, inbound, tagged": (
        "bot/agent/test_speak::test_each_mode_speaks_when_it_says",
        "bot/agent/test_speak::test_what_the_model_marks_is_spoken_in_every_mode_but_off",
    ),
    "10 under ten characters": ("bot/agent/test_speak::test_an_answer_under_ten_characters_is_not_spoken",),
    "10 replies with media": ("bot/agent/test_speak::test_an_answer_that_carries_media_is_not_spoken",),
    "10 a reply directive or the call wins": (
        "audio/test_speech::test_what_the_call_says_wins_over_what_is_configured",
        "bot/media/test_speakable::test_a_model_says_how_it_wants_to_be_spoken",
        "bot/agent/test_speak::test_an_answer_says_how_it_is_spoken_as_far_as_that_is_left_to_it",
        "flows/test_spoken::test_a_voice_that_nobody_has_is_as_if_it_had_not_been_asked_for",
    ),
    "10 directives are never seen": (
        "bot/media/test_speakable::test_a_model_asks_to_be_heard",
        "bot/media/test_speakable::test_no_piece_of_a_mark_is_shown_however_the_answer_is_cut",
        "flows/test_spoken::test_marks_say_how_it_sounds_and_are_never_seen",
        "flows/test_spoken::test_no_mark_is_seen_while_the_answer_grows_or_when_it_is_stopped",
    ),
    "10 long text is summed up, never before the words are there": (
        "flows/test_spoken::test_a_long_answer_is_written_in_full_and_spoken_as_a_summary",
        "flows/test_spoken::test_the_words_are_there_before_the_summary_is",
        "flows/test_spoken::test_nobody_sums_up_where_that_is_switched_off_or_not_needed_or_not_affordable",
    ),
    "10 timeout of the call, then as configured": (
        "audio/test_speech::test_the_time_of_the_call_wins_over_the_configured_one",
    ),
    "10 long text is cut, hard cap": (
        "flows/test_spoken::test_without_a_usable_summary_the_voice_says_the_beginning",
        "bot/agent/test_speak::test_a_long_answer_is_cut_with_an_ellipsis_after_a_sentence",
    ),
    "10 key order": (
        "bot/config/test_keys::test_speech_takes_its_own_key_then_the_file_then_the_environment_then_the_stored_one",
    ),
    "10 a proxy's key stays with the proxy": (
        "bot/config/test_keys::test_a_key_for_one_host_is_not_spoken_with_at_another",
        "http/test_key_rotation::test_a_host_with_a_key_of_its_own_gets_no_spare_key",
    ),
    "10 answer: bytes, never text": (NO_SOUND, "audio/test_speech::test_an_error_inside_a_success_is_told"),
    "10 label": ("audio/test_speech::test_a_refusal_has_the_speech_label",),
    "10 the generation tells the price afterwards": (
        "audio/test_speech::test_the_price_is_told_by_the_generation",
        "flows/test_bills::test_the_price_is_asked_for_after_the_voice_and_entered_once",
        "flows/test_bills::test_a_restart_asks_for_what_is_still_owed",
        "flows/test_bills::test_a_price_that_nobody_tells_is_given_up",
    ),
    "10 pcm in a WAV": (
        "audio/test_speech::test_bare_samples_are_put_into_a_wav_file",
        "audio/test_speech::test_pcm_that_comes_unasked_is_told_by_its_type",
    ),
    "10 voice note as Opus": (
        "bot/media/test_audio::test_a_voice_note_is_opus_with_its_true_duration",
        "channels/telegram/test_media::test_a_voice_note_has_its_true_length",
        "channels/discord/test_media::test_a_voice_note_is_shown_as_a_native_voice_message",
    ),
    "10 without a voice the words arrive": (
        "flows/test_speech_and_pictures::test_without_a_voice_the_text_arrives_all_the_same",
    ),
    "11 request": (HEARD, "test_provider_page::test_transcription_is_base64_inside_json"),
    "11 language and temperature": (
        "audio/test_transcription::test_language_temperature_and_headers_of_an_entry_go_along",
        "audio/test_transcription::test_the_language_of_the_call_wins_and_odd_temperatures_stay_home",
    ),
    "11 headers and host of an entry": ("audio/test_transcription::test_an_entry_with_its_own_host_is_asked_there",),
    "11 answer": ("audio/test_transcription::test_an_answer_without_words_is_a_bad_answer",),
    "11 format by type, then by extension": (FORMAT,),
    "11 unknown format is not sent": (SIZES,),
    "11 switch": ("flows/test_talk::test_with_hearing_switched_off_a_voice_note_is_not_heard_and_the_person_is_told",),
    "11 models in order": (
        "audio/test_transcription::test_models_are_tried_in_order_until_one_answers",
        "audio/test_transcription::test_when_all_fail_each_is_named",
    ),
    "11 sizes": (SIZES, "audio/test_transcription::test_a_model_that_takes_less_is_skipped"),
    "11 under 1024 bytes": ("bot/media/test_reader_incoming::test_a_recording_too_small_to_hold_a_word_is_empty",),
    "11 attachments: first or all": (
        "bot/agent/policy/test_transcription_policy::test_pictures_are_always_looked_at_and_recordings_as_many_as_may_be",
        "flows/test_heard::test_only_as_many_recordings_as_configured_are_heard_and_the_person_is_told",
        "bot/test_app_settings::test_what_is_listened_to_is_as_configured",
    ),
    "11 scope": (
        "bot/agent/policy/test_transcription_policy::test_a_rule_is_about_the_chats_that_fit_it",
        "bot/agent/policy/test_transcription_policy::test_the_first_rule_that_fits_decides_and_else_the_default",
        "flows/test_heard::test_where_recordings_are_not_heard_nothing_is_fetched_or_paid_and_words_are_answered",
    ),
    "11 heard before the agent thinks": (
        "flows/test_speech_and_pictures::test_a_spoken_question_is_heard_by_the_model_and_answered_in_text_and_voice",
    ),
    "11 commands and mentions by voice": (
        "flows/test_talk::test_a_command_can_be_spoken",
        "flows/test_character::test_the_agent_hears_its_own_name_in_speech",
    ),
    "11 failure never blocks": (
        "flows/test_heard::test_the_model_knows_of_a_recording_that_failed_and_the_turn_goes_on",
        "flows/test_talk::test_a_caption_is_answered_even_when_the_recording_cannot_be_heard",
        "flows/test_talk::test_when_hearing_fails_the_person_is_told_and_can_retry",
    ),
    "11 echo": ("flows/test_character::test_what_was_heard_is_shown_above_the_answer",),
    "12 pictures of people are shown to the model": ("flows/test_talk::test_a_picture_is_shown_to_the_model",),
    "23 key and credits, one may fail": (
        "test_account::test_key_and_balance_are_read_together",
        "test_account::test_one_of_the_two_may_fail",
        "test_account::test_when_both_fail_the_key_says_why",
    ),
    "23 share used": ("test_account::test_the_share_that_is_used",),
}

READINGS: dict[str, tuple[str, ...]] = {
    "A1 speech uses the stored key last": (
        "bot/config/test_keys::test_speech_takes_its_own_key_then_the_file_then_the_environment_then_the_stored_one",
    ),
    "A2 unsigned address at home with the key": (
        "videos/test_generate::test_an_unsigned_address_at_home_is_fetched_with_the_key",
    ),
    "A3 one strict route test": ("http/test_route::test_openrouter_itself_is_verified_in_every_spelling",),
    "A4 no attribution for media behind a proxy": (
        "http/test_route::test_a_proxy_gets_configured_values_and_no_attribution",
    ),
    "A5 extraBody brings back all but store": (
        "shaping/test_pipeline::test_extra_body_wins_over_everything_but_store",
    ),
    "A6 efforts never disagree": ("shaping/test_deepseek::test_an_effort_is_always_named_and_never_contradicted",),
    "A7 turns with calls are not filled": (
        "shaping/test_deepseek::test_missing_thoughts_are_filled_except_beside_calls",
    ),
    "A8 x-ai and models that cannot reason": (
        "shaping/test_thinking_levels::test_some_routes_get_no_reasoning",
        "shaping/test_thinking_levels::test_a_model_known_not_to_reason_gets_none",
    ),
    "A9 Fusion is listed": ("test_catalog::test_bundled_models_are_known_without_asking",),
    "A10 off sends nothing": ("shaping/test_thinking_levels::test_a_level_becomes_an_effort_on_every_route",),
    "A11 polls and their limits": (
        "bot/agent/background/test_jobs::test_a_clip_is_asked_for_120_times",
        "bot/agent/background/test_jobs::test_the_time_of_the_call_beats_the_configured_one_and_ends_the_waiting",
    ),
    "A12 n is sent to all": ("images/test_generate::test_one_to_four_pictures_are_asked_for",),
    "A13 fixed pair, other route for models that only draw": (
        DRAWN,
        "images/test_generate::test_a_model_that_only_draws_is_asked_through_images",
    ),
    "A14 voice notes are transcoded": ("bot/media/test_audio::test_a_voice_note_is_opus_with_its_true_duration",),
    "A15 a login leaves the default": ("bot/cli/test_models::test_a_login_rotates_the_key_and_leaves_the_model_alone",),
    "A16 music timeouts": ("test_provider_page::test_a_song_gets_at_least_two_minutes",),
    "A17 no note in a one-shot": (
        "chat/test_completions::test_one_shot_fusion_goes_out_without_system_prompt_and_note",
    ),
    "A18 categories as documented": ("http/test_route::test_attribution_is_as_documented",),
    "A19 in_progress": ("videos/test_generate::test_every_word_for_running_means_wait",),
    "A20 max_completion_tokens": (
        "chat/test_completions::test_the_longest_answer_is_always_said",
        "test_chat_trouble::test_an_old_proxy_gets_the_token_limit_under_its_old_name",
    ),
}
