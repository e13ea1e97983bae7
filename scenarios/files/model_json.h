#pragma once
// Files of models (twinlink.model/1): dimensions and weight formats of a transformer, with source.
//
// Shipped ones lie in profiles/models of the data directories and are named by their stem.
#include <filesystem>
#include <string>

#include "models/workloads/transformer_shape.h"

namespace twinlink::scenarios {

// InputError with every issue of the text.
models::TransformerShape read_model(const std::string& text, const std::string& file);
// By name, or by path (beside: directory that relative paths start from; may be empty).
models::TransformerShape find_model(const std::string& name, const std::filesystem::path& beside);

}  // namespace twinlink::scenarios
