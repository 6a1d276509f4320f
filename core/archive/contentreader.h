#pragma once

#include "core/archive/contents.h"
#include "core/archive/reader.h"

#include <memory>

namespace archive {

/// Opens files of a container by the number Contents has for them. Thread-safe.
class ContentSource
{
public:
    virtual ~ContentSource() = default;
    [[nodiscard]] virtual base::Result<std::shared_ptr<const base::RandomReader>>
    open(std::uint64_t source, std::uint64_t size) const = 0;
};

/// The part of a Reader that is the same for all containers. Immutable once it is made.
class ContentReader : public Reader
{
public:
    ContentReader(Origin origin, std::uint64_t fileSize, Contents contents,
                  std::shared_ptr<const ContentSource> source);

    [[nodiscard]] Origin origin() const override { return m_origin; }
    [[nodiscard]] std::uint64_t fileSize() const override { return m_fileSize; }
    [[nodiscard]] std::string root() const override { return m_contents.root(); }
    [[nodiscard]] std::vector<Database> databases() const override;
    [[nodiscard]] base::Result<std::shared_ptr<const base::FileSet>>
    openDatabase(const std::string &directory) const override;
    [[nodiscard]] std::vector<base::FileSet::Entry> looseFiles() const override;
    [[nodiscard]] base::Result<std::string> readLooseFile(const std::string &path,
                                                          std::uint64_t limitBytes) const override;
    [[nodiscard]] std::vector<Finding> findings() const override
    {
        return m_contents.findings().list();
    }
    [[nodiscard]] base::Result<PackedFile> packedFile(const std::string &directory,
                                                      const std::string &name) const override;

protected:
    [[nodiscard]] const Contents &contents() const { return m_contents; }

private:
    void readTrueNames();

    Origin m_origin;
    std::uint64_t m_fileSize;
    Contents m_contents;
    std::shared_ptr<const ContentSource> m_source;
    std::map<std::string, std::string> m_trueNames; // of directories whose name was cut
};

} // namespace archive
