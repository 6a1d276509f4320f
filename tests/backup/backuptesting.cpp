#include "tests/backup/backuptesting.h"

#include "core/backup/archiveview.h"
#include "core/backup/documentwriter.h"
#include "core/base/bytes.h"
#include "core/couch/decode.h"

namespace backuptesting {

using base::Result;
using base::Status;

namespace {

std::string digestOf(const FakeAttachment &attachment)
{
    return "md5-" + base::toBase64(base::md5(attachment.bytes));
}

using Omissions = std::vector<archive::Omission>;

bool names(const Omissions &omissions, const std::string &id, const std::string &rev,
           const std::optional<std::string> &attachment = {})
{
    return std::any_of(omissions.begin(), omissions.end(), [&](const archive::Omission &one) {
        return one.id == id && one.rev.value_or(rev) == rev && one.attachment == attachment;
    });
}

QString leafDifference(const std::string &id, const FakeLeaf &leaf, const store::Metadata &metadata,
                       store::Reader &stored, const Omissions &omissions)
{
    const QString name = QString::fromStdString(id + ' ' + leaf.rev());
    const auto rev = store::RevId::parse(leaf.rev());
    if (!metadata.seqOf.contains(*rev))
        return names(omissions, id, leaf.rev()) ? QString() : name + QStringLiteral(" is missing");
    if (metadata.tree.pathOf(metadata.tree.find(*rev)).hashes != leaf.hashes())
        return name + QStringLiteral(" has another history");
    std::vector<store::StoredAttachment> attachments;
    const std::string text = testsupport::documentText(id, leaf, false);
    const auto fetched = couch::dissectLeaf(text);
    for (size_t i = 0; i < leaf.attachments.size(); ++i) {
        const FakeAttachment &one = leaf.attachments[i];
        if (names(omissions, id, leaf.rev(), one.name))
            continue;
        const couch::AttachmentStub &stub = fetched->attachments[i];
        attachments.push_back(
            {stub.nameJson, stub.contentTypeJson, stub.revpos, one.bytes.size(), digestOf(one)});
        std::string bytes;
        const Status read = stored.readAttachment(digestOf(one), [&bytes](std::string_view piece) {
            bytes += piece;
            return Status();
        });
        if (!read || bytes != one.bytes)
            return name + QStringLiteral(" has another attachment ")
                + QString::fromStdString(one.name);
    }
    const auto body = stored.body(metadata.seqOf.at(*rev));
    const std::string expected = backup::composeStoredBody(*fetched, attachments);
    if (!body || *body != expected)
        return name + QStringLiteral(" has the body ")
            + QString::fromStdString(body ? *body : "none");
    return {};
}

/// The stored leaves are leaves of the source.
bool hasOnlyLeavesOf(const testsupport::FakeDocument &source, const store::Metadata &metadata)
{
    const auto leaves = metadata.tree.leaves();
    return std::all_of(leaves.begin(), leaves.end(), [&](std::int32_t leaf) {
        const std::string rev = metadata.tree.revOf(leaf).toString();
        return std::any_of(source.leaves.begin(), source.leaves.end(),
                           [&rev](const FakeLeaf &one) { return one.rev() == rev; });
    });
}

QString documentDifference(const store::Metadata &metadata, const FakeDatabase &source,
                           store::Reader &stored, const Omissions &omissions)
{
    const auto there = source.documents.find(metadata.id);
    if (there == source.documents.end())
        return QString::fromStdString(metadata.id) + QStringLiteral(" is not at the source");
    if (!hasOnlyLeavesOf(there->second, metadata))
        return QString::fromStdString(metadata.id) + QStringLiteral(" has other leaves");
    for (const FakeLeaf &leaf : there->second.leaves) {
        QString difference = leafDifference(metadata.id, leaf, metadata, stored, omissions);
        if (!difference.isEmpty())
            return difference;
    }
    return {};
}

} // namespace

QString differenceBetween(const FakeDatabase &source, store::Reader &stored,
                          const Omissions &omissions)
{
    QString difference;
    std::set<std::string> here;
    const Status walked =
        stored.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
            here.insert(metadata.id);
            difference = documentDifference(metadata, source, stored, omissions);
            return difference.isEmpty();
        });
    if (!walked)
        return walked.error().message;
    if (!difference.isEmpty())
        return difference;
    for (const auto &[id, document] : source.documents) {
        for (const FakeLeaf &leaf : document.leaves) {
            if (!here.contains(id) && !names(omissions, id, leaf.rev()))
                return QString::fromStdString(id) + QStringLiteral(" is not in the backup");
        }
    }
    return {};
}

std::unique_ptr<store::Reader> openStaged(const backup::Snapshot &snapshot)
{
    auto reader = store::Reader::open(
        std::shared_ptr<const base::FileSet>(std::shared_ptr<void>(), snapshot.files.get()));
    if (!reader)
        qFatal("the staged store cannot be opened: %s", qPrintable(reader.error().message));
    return std::move(*reader);
}

QStringList describe(const std::vector<archive::Omission> &omissions)
{
    QStringList lines;
    for (const archive::Omission &omission : omissions) {
        std::string line = omission.code;
        for (const auto &part : {omission.id, omission.rev, omission.attachment}) {
            if (part)
                line += ' ' + *part;
        }
        lines.append(QString::fromStdString(line));
    }
    lines.sort();
    return lines;
}

Snapper::Snapper(FakeServer &server, int threads)
    : m_client(server, stop.get_token())
{
    m_pool.setMaxThreadCount(threads);
}

Result<backup::Snapshot> Snapper::take(const std::string &database)
{
    const backup::SnapshotContext context{m_client,         m_pool,    m_progress, m_clock,
                                          stop.get_token(), allBodies, storeSizes};
    return backup::takeSnapshot(context, database,
                                m_folder.path("staging" + std::to_string(++m_taken)));
}

Runner::Runner(FakeServer &server)
{
    request.source = &server;
    request.sourceName = server.origin();
    request.folder.path = folder();
    request.folder.stateFolder = m_folder.path("state");
    request.parallelDatabases = 1;
    request.parallelRequests = 2;
    request.verifyAllBodies = true;
}

Result<backup::RunOutcome> Runner::run()
{
    return backup::runBackup(request, progress, clock, stop.get_token());
}

QString Runner::faultOf(const base::fs::path &archive,
                        const std::map<std::string, FakeDatabase> &source) const
{
    backup::Progress ignored;
    const auto report = backup::verifyArchive(archive, {}, ignored, {});
    if (!report)
        return report.error().message;
    if (!report->problems.empty() || !report->isOk())
        return QStringLiteral("not verified: ")
            + (report->problems.empty() ? QString() : report->problems.front().message);
    const auto view = backup::ArchiveView::open(archive, {});
    if (!view)
        return view.error().message;
    for (const auto &[name, database] : source) {
        const auto store = (*view)->openDatabase(name);
        if (!store)
            return store.error().message;
        if (const QString difference = differenceBetween(database, **store); !difference.isEmpty())
            return QString::fromStdString(name) + QStringLiteral(": ") + difference;
    }
    return {};
}

} // namespace backuptesting
