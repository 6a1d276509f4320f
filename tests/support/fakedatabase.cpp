#include "tests/support/fakedatabase.h"

#include <zlib.h>

#include <algorithm>

namespace testsupport {

std::string fakeRev(std::uint64_t generation, char letter)
{
    return std::to_string(generation) + '-' + std::string(32, letter);
}

std::string FakeLeaf::rev() const
{
    return fakeRev(generation(), letters.front());
}

std::vector<std::string> FakeLeaf::hashes() const
{
    std::vector<std::string> all;
    for (const char letter : letters)
        all.emplace_back(32, letter);
    return all;
}

bool FakeLeaf::descendsFrom(const std::string &otherRev) const
{
    for (size_t i = 0; i < letters.size(); ++i) {
        if (fakeRev(generation() - i, letters[i]) == otherRev)
            return true;
    }
    return false;
}

bool FakeDocument::isDeleted() const
{
    return std::all_of(leaves.begin(), leaves.end(),
                       [](const FakeLeaf &leaf) { return leaf.deleted; });
}

void FakeDatabase::write(const std::string &id, FakeLeaf leaf)
{
    FakeDocument &document = documents[id];
    std::erase_if(document.leaves,
                  [&](const FakeLeaf &older) { return leaf.descendsFrom(older.rev()); });
    document.leaves.push_back(std::move(leaf));
    document.seq = ++seq;
}

void FakeDatabase::purge(const std::string &id)
{
    documents.erase(id);
    ++purgeSeq;
    ++seq;
}

std::uint64_t FakeDatabase::deletedDocuments() const
{
    return static_cast<std::uint64_t>(
        std::count_if(documents.begin(), documents.end(),
                      [](const auto &entry) { return entry.second.isDeleted(); }));
}

std::uint64_t FakeDatabase::liveDocuments() const
{
    return documents.size() - deletedDocuments();
}

std::vector<std::string> FakeDatabase::inOrder() const
{
    std::vector<std::string> ids;
    for (const auto &[id, document] : documents)
        ids.push_back(id);
    std::sort(ids.begin(), ids.end(), [this](const std::string &a, const std::string &b) {
        return documents.at(a).seq < documents.at(b).seq;
    });
    return ids;
}

std::string gzipped(const std::string &bytes)
{
    z_stream stream{};
    deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
    std::string in = bytes;
    stream.next_in = reinterpret_cast<Bytef *>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string storedBytes(const FakeAttachment &attachment)
{
    if (attachment.stored)
        return *attachment.stored;
    return attachment.gzip ? gzipped(attachment.bytes) : attachment.bytes;
}

} // namespace testsupport
