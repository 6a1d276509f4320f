#pragma once

#include "core/base/file.h"

#include <filesystem>
#include <memory>

namespace archive {

/// A file for the content of a container while it is open. It loses its name as soon as the system
/// lets it, so that nothing is left behind even when the program is killed.
class ScratchFile final : public base::RandomReader
{
public:
    /// `folder` empty: the system's folder for temporary files.
    [[nodiscard]] static base::Result<std::shared_ptr<ScratchFile>>
    create(const std::filesystem::path &folder);
    ~ScratchFile() override;
    ScratchFile(const ScratchFile &) = delete;
    ScratchFile &operator=(const ScratchFile &) = delete;

    /// NoSpace before the disk is full.
    [[nodiscard]] base::Status append(std::string_view bytes);
    [[nodiscard]] std::uint64_t size() const override { return m_file->size(); }
    [[nodiscard]] base::Status readAt(std::uint64_t offset, char *out, size_t length) const override
    {
        return m_file->readAt(offset, out, length);
    }

private:
    ScratchFile(std::unique_ptr<base::File> file, std::filesystem::path path);

    std::unique_ptr<base::File> m_file;
    std::filesystem::path m_path;
    bool m_hasName = true;
    std::uint64_t m_nextSpaceCheck = 0;
};

} // namespace archive
