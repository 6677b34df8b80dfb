// Datasets that a renderer draws, kept in the cache folder.
#pragma once

#include <filesystem>
#include <string>

#include "data/renderer.h"

namespace nas::data {

// False when `file` was drawn here by another version of the renderer. Every other file is as good
// as it was: one that was imported, or made by the user with sizes of his own.
bool is_up_to_date(const std::filesystem::path& file, const Renderer& renderer);

// True when `file` holds what `renderer` draws for `request`. False as well when it cannot be read.
bool is_drawing(const std::filesystem::path& file, const Renderer& renderer,
                const RenderRequest& request);

// Draws the dataset at its default size and writes it.
void draw_into(const std::filesystem::path& file, const Renderer& renderer);

}  // namespace nas::data
