#include "scenarios/fitting/run_list.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "scenarios/json/object_reader.h"

namespace twinlink::scenarios {

bool is_run_list(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return false;
  const auto schema = json.find("schema");
  return schema != json.end() && schema->is_string() &&
         schema->get<std::string>().starts_with("twinlink.runs/");
}

std::vector<std::string> read_run_list(const std::string& text, const std::string& file) {
  Document document(text, file);
  ObjectReader object(document.root());
  check_schema(object, "runs", 1);
  if (const auto about = object.optional("about")) read_string(*about);
  std::vector<std::string> files;
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  if (const auto list = object.required("files"))
    for (const Value& element : one_or_many(*list))
      if (const auto name = read_string(element)) files.push_back((folder / *name).string());
  object.finish();
  document.throw_if_any();
  return files;
}

}  // namespace twinlink::scenarios
