#pragma once
// A list of measurements that belong together, by name:
//   {"schema": "twinlink.runs/1", "about": "...", "files":
//   ["2026-11-22-h200-pair-whole/links.json"]}
// Files lie relative to the list. What a profile is fitted to and judged on is then one argument of
// `calibrate` and `validate`. InputError: what is wrong with the list; files are not opened here.
#include <string>
#include <vector>

namespace twinlink::scenarios {

bool is_run_list(const std::string& text);

// Paths of the files of a list that was read from `file`.
std::vector<std::string> read_run_list(const std::string& text, const std::string& file);

}  // namespace twinlink::scenarios
