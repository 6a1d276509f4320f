#pragma once

namespace format {

/// How something is, as a shape that is told from the others without its colour.
enum class Shape {
    Ok,        ///< full disc
    Working,   ///< half disc
    Attention, ///< triangle
    Failed,    ///< cross
    Unknown,   ///< dashed ring
    Paused     ///< two bars
};

} // namespace format
