"""What went wrong elsewhere, and the test that holds what is right here: every one exists, under the name that says what is right."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
HELD_BY: dict[int, tuple[str, ...]] = {
    1: ("kdcore/data/test_picture_folders_people_have.py::test_colour_counts_if_any_picture_has_it_and_how_many_are_grey_is_said",),
    2: (
        "kdcore/data/test_picture_folders_people_have.py::test_pictures_are_known_by_their_content_and_all_that_cannot_be_read_are_named_at_once",
        "kdcore/data/test_offered_pictures.py::test_what_is_left_out_is_counted_with_the_reason",
    ),
    3: ("kdcore/data/test_picture_folders_people_have.py::test_every_kind_that_can_be_read_is_and_what_is_left_out_is_counted",),
    4: (
        "kdcore/data/test_picture_folders_people_have.py::test_class_folders_alone_are_split_by_a_seed_and_it_is_said",
        "kdcore/data/test_picture_folders_people_have.py::test_a_folder_of_validation_pictures_is_understood",
        "kdcore/data/test_offered_pictures.py::test_the_split_is_made_by_its_share_of_each_class_and_said",
        "browser/test_upload.py::test_a_zip_of_300_pictures_is_looked_at_trained_on_deleted_and_brought_back",
    ),
    5: (
        "kdcore/data/test_picture_folders_people_have.py::test_numbered_classes_are_in_the_order_in_which_people_count",
        "kdcore/data/test_picture_folders_people_have.py::test_a_class_is_left_out_by_its_name_too",
    ),
    6: ("kdcore/data/test_picture_folders_people_have.py::test_a_name_spelled_in_two_ways_is_one_class",),
    7: (
        "kdcore/metrics/test_imbalance.py::test_a_network_that_knows_only_the_common_class_errs_on_half",
        "kdcore/studies/test_run_conclusion.py::test_where_some_classes_are_much_commoner_the_rare_ones_are_told",
    ),
    8: (
        "kdcore/cli/test_budget_sentence.py::test_a_large_batch_leaves_few_steps_and_it_is_said",
        "dashboard/views/test_train.py::test_few_steps_are_told_of_beside_the_budget_and_hinted_at",
    ),
    9: (
        "kdcore/methods/test_device_without_float64.py::test_every_method_trains_on_a_device_that_refuses_float64",
        "kdcore/methods/test_device_without_float64.py::test_every_metric_takes_what_lies_on_a_device_that_refuses_float64",
    ),
    10: (
        "kdcore/system/test_device.py::test_a_card_that_cannot_compute_gives_way_to_the_processor_and_it_is_said_once",
        "kdcore/system/test_device.py::test_a_run_trains_on_the_processor_then",
    ),
    11: (
        "kdcore/studies/test_diverged_members.py::test_the_others_finish_as_they_would_without_it",
        "kdcore/studies/test_diverged_members.py::test_a_search_counts_it_as_the_worst_and_goes_on",
    ),
    12: (
        "kdcore/studies/test_diverged_members.py::test_weights_that_are_no_numbers_are_found_though_every_loss_was_one",
        "kdcore/methods/test_overconfident_teacher.py::test_losses_and_weights_are_numbers_to_the_end",
    ),
    13: ("kdcore/runs/test_unlockable_disk.py::test_it_is_said_with_another_folder_to_choose",),
    14: ("kdcore/system/test_container_limits.py::test_a_container_of_one_core_and_two_gigabytes_is_taken_for_that",),
    15: (
        "browser/test_in_a_frame.py::test_where_it_is_allowed_and_over_https_a_reader_is_known",
        "browser/test_in_a_frame.py::test_without_https_the_page_says_that_nothing_is_kept",
    ),
    16: ("browser/test_in_a_frame.py::test_the_page_is_not_offered_for_translation",),
    17: ("browser/test_in_a_frame.py::test_a_connection_that_is_blocked_from_the_beginning_is_told_of",),
    18: ("kdcore/export/test_curves.py::test_tensorboard_has_the_times_at_which_points_were_measured",),
    19: ("kdcore/export/test_curves.py::test_a_spreadsheet_reads_umlauts_and_so_does_pandas",),
    20: (
        "kdcore/export/test_photo_preparation.py::test_ones_own_photo_is_prepared_as_the_app_does",
        "kdcore/export/test_photo_preparation.py::test_onnx_says_how_images_are_laid_out_and_brings_the_program",
    ),
    21: ("kdcore/studies/test_pruned_round.py::test_the_rest_is_shown_where_a_whole_round_was_pruned",),
    22: ("kdcore/export/test_onnx_opset.py::test_the_opset_is_the_one_that_was_asked_for_and_stands_in_the_metadata",),
    23: ("kdcore/methods/test_two_classes.py::test_the_term_of_the_others_is_nothing_and_it_is_said",),
}  # fmt: skip
"""By the number of the fault: one file decides colour (1), a bad picture stops everything (2), kinds ignored (3), no split (4), 10 before 2 (5),
two spellings (6), imbalance (7), few steps (8), no float64 (9), a card without kernels (10), one NaN ends a sweep (11), a NaN gradient (12),
a disk that cannot lock (13), a container's quota (14), cookies in frames (15), browser translation (16), a blocked socket (17), false times (18),
no byte-order mark (19), a photo laid out otherwise (20), a round wholly pruned (21), a model newer than its runtime (22), two classes (23)."""


@pytest.mark.parametrize("fault", range(1, 24))
def test_every_fault_that_others_met_is_held_by_a_test(fault: int) -> None:
    for test in HELD_BY[fault]:
        path, _, name = test.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test
