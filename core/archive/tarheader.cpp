#include "core/archive/tarheader.h"

#include "core/archive/tarblock.h"
#include "core/base/text.h"

#include <KTar>

#include <QDateTime>
#include <QIODevice>

#include <algorithm>
#include <cstring>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr size_t kNameFieldBytes = 99;

/// Takes what KTar writes.
class CapturingDevice final : public QIODevice
{
public:
    [[nodiscard]] bool isSequential() const override { return true; }
    [[nodiscard]] const std::string &bytes() const { return m_bytes; }

protected:
    qint64 readData(char *, qint64) override { return -1; }
    qint64 writeData(const char *data, qint64 size) override
    {
        m_bytes.append(data, static_cast<size_t>(size));
        return size;
    }

private:
    std::string m_bytes;
};

/// KTar encodes names by the code page of the machine, so it gets a name of the same length that
/// every code page leaves alone.
QString placeholderFor(std::string_view path)
{
    QString placeholder;
    placeholder.reserve(static_cast<qsizetype>(path.size()));
    for (const char c : path)
        placeholder += static_cast<unsigned char>(c) < 0x80 ? QLatin1Char(c) : QLatin1Char('_');
    return placeholder;
}

void writeName(char *block, std::string_view name)
{
    std::memset(block, 0, kNameFieldBytes + 1);
    std::copy_n(name.begin(), std::min(name.size(), kNameFieldBytes), block);
}

/// Puts the true name in, and what KTar takes from the machine or leaves in its buffer out.
Result<std::string> normalised(std::string header, std::string_view name)
{
    const size_t longName = name.size() > kNameFieldBytes
        ? kTarBlockBytes + name.size() + 1 + tarPadding(name.size() + 1)
        : 0;
    if (header.size() != longName + kTarBlockBytes)
        return Error{ErrorKind::Internal,
                     base::text("KArchive wrote an unexpected tar header for %1.")
                         .arg(base::printable(name)),
                     {}};
    if (longName > 0) {
        constexpr size_t modified = 136;
        std::memset(header.data() + modified, '0', 11);
        sealTarBlock(header.data());
        std::memset(header.data() + kTarBlockBytes, 0, longName - kTarBlockBytes);
        std::copy(name.begin(), name.end(), header.begin() + kTarBlockBytes);
    }
    writeName(header.data() + longName, name);
    sealTarBlock(header.data() + longName);
    return header;
}

} // namespace

Result<std::string> tarHeaderForFile(std::string_view path, std::uint64_t size,
                                     std::int64_t modifiedSeconds)
{
    if (size > kMaxTarFileBytes)
        return Error{
            ErrorKind::TooLarge,
            base::text("The file %1 has %2 bytes; one file of an archive can have at most 8 GiB.")
                .arg(base::printable(path), QString::number(size)),
            {}};
    CapturingDevice device;
    KTar tar(&device);
    const QDateTime modified = QDateTime::fromSecsSinceEpoch(modifiedSeconds, Qt::UTC);
    if (!tar.open(QIODevice::WriteOnly)
        || !tar.prepareWriting(placeholderFor(path), {}, {}, static_cast<qint64>(size), 0600,
                               modified, modified, modified))
        return Error{
            ErrorKind::Internal,
            base::text("The tar header of %1 could not be written.").arg(base::printable(path)),
            tar.errorString()};
    std::string header = device.bytes();
    tar.close();
    return normalised(std::move(header), path);
}

Result<std::string> tarHeaderForFolder(std::string_view path, std::int64_t modifiedSeconds)
{
    CapturingDevice device;
    KTar tar(&device);
    const QDateTime modified = QDateTime::fromSecsSinceEpoch(modifiedSeconds, Qt::UTC);
    if (!tar.open(QIODevice::WriteOnly)
        || !tar.writeDir(placeholderFor(path), {}, {}, 0700, modified, modified, modified))
        return Error{
            ErrorKind::Internal,
            base::text("The tar header of %1 could not be written.").arg(base::printable(path)),
            tar.errorString()};
    std::string header = device.bytes();
    tar.close();
    return normalised(std::move(header), std::string(path) + '/');
}

} // namespace archive
