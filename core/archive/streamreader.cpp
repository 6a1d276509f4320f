#include "core/archive/streamreader.h"

#include "core/archive/contentreader.h"
#include "core/archive/gzippages.h"
#include "core/archive/gzipscan.h"
#include "core/archive/tarlisting.h"
#include "core/base/text.h"

#include <algorithm>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

struct Scanned {
    Contents contents;
    GzipIndex index;
    bool ours = false;
};

Error noBackup(const QString &label)
{
    return {
        ErrorKind::Unsupported,
        base::text("%1 is not a backup archive: what is compressed in it is no tar.").arg(label),
        {}};
}

Result<Scanned> scan(const base::RandomReader &file, const QString &label, const Limits &limits,
                     const Reader::Progress &progress, const std::optional<QString> &why)
{
    TarListing listing(limits);
    auto gzip = scanGzip(
        file, limits,
        [&](std::string_view bytes) -> base::Status {
            base::Status fed = listing.grammar().feed(bytes);
            return fed && listing.isNoTar() ? noBackup(label) : fed;
        },
        [&] { return listing.beginsLikeOurs() || !listing.grammar().hasEnded(); }, progress);
    if (!gzip)
        return gzip.error();
    if (!gzip->fault && listing.isEmpty())
        return noBackup(label);
    Scanned scanned{listing.take(gzip->isCut), std::move(gzip->index), listing.beginsLikeOurs()};
    FindingList &findings = scanned.contents.findings();
    if (gzip->fault)
        findings.add({*gzip->fault});
    if (why)
        findings.add("toc", {}, *why);
    if (scanned.ours)
        findings.add(
            "cut-short", {},
            base::text(
                "This archive is not complete: its end, the table of contents, is missing or damaged. What is whole in it is shown."));
    return scanned;
}

class StreamReader final : public ContentReader
{
public:
    StreamReader(std::shared_ptr<const base::RandomReader> file, QString label,
                 const Options &options, std::optional<QString> why, Contents contents, bool ours,
                 std::shared_ptr<const GzipPages> pages)
        : ContentReader(ours ? Origin::CutShort : Origin::Predecessor, file->size(),
                        std::move(contents), std::move(pages))
        , m_file(std::move(file))
        , m_label(std::move(label))
        , m_limits(options.limits)
        , m_why(std::move(why))
    {
    }

    [[nodiscard]] Result<std::vector<Finding>>
    checkIntegrity(const Progress &progress, const IsProven & /*isProven*/) const override
    {
        const Result<Scanned> scanned = scan(*m_file, m_label, m_limits, progress, m_why);
        if (!scanned)
            return scanned.error();
        return scanned->contents.findings().list();
    }

private:
    std::shared_ptr<const base::RandomReader> m_file;
    QString m_label;
    Limits m_limits;
    std::optional<QString> m_why;
};

} // namespace

Error nothingFound(const QString &label, const std::vector<Finding> &findings)
{
    const auto refused = std::find_if(findings.begin(), findings.end(), [](const Finding &finding) {
        return finding.code.starts_with("refused-");
    });
    if (refused != findings.end())
        return {ErrorKind::Hostile,
                base::text("%1 holds nothing that may be opened. %2").arg(label, refused->message),
                {}};
    const auto fatal = std::find_if(findings.begin(), findings.end(),
                                    [](const Finding &finding) { return finding.fatal; });
    if (fatal != findings.end())
        return {
            ErrorKind::Corrupt,
            base::text("%1 is damaged, and nothing in it is whole. %2").arg(label, fatal->message),
            {}};
    return {ErrorKind::Unsupported,
            base::text("%1 is not a backup archive: there is no database in it.").arg(label),
            {}};
}

Result<std::unique_ptr<Reader>> openStream(const std::shared_ptr<const base::RandomReader> &file,
                                           const QString &label, const Reader::Options &options,
                                           const std::optional<QString> &why)
{
    Result<Scanned> scanned = scan(*file, label, options.limits, options.progress, why);
    if (!scanned)
        return scanned.error();
    if (scanned->contents.isEmpty())
        return nothingFound(label, scanned->contents.findings().list());
    const auto pages = std::make_shared<const GzipPages>(file, std::move(scanned->index));
    return std::unique_ptr<Reader>(std::make_unique<StreamReader>(
        file, label, options, why, std::move(scanned->contents), scanned->ours, pages));
}

} // namespace archive
