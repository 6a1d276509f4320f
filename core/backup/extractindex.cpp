#include "core/backup/extractindex.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/base/text.h"

namespace backup {

namespace {

using base::Result;
using base::Status;

constexpr size_t kFlushBytes = size_t{256} << 10;

/// `,"name":"text"`. Names out of a foreign archive need not be UTF-8; JSON has to be.
void appendMember(std::string &out, std::string_view name, std::string_view text)
{
    out += out.ends_with('{') ? "\"" : ",\"";
    out += name;
    out += "\":";
    if (base::isValidUtf8(text))
        base::json::appendQuoted(out, text);
    else
        base::json::appendQuoted(out, base::printable(text, text.size()).toStdString());
}

void appendRaw(std::string &out, std::string_view name, std::string_view json)
{
    out += out.ends_with('{') ? "\"" : ",\"";
    out += name;
    out += "\":";
    out += json;
}

std::string_view truth(bool value)
{
    return value ? "true" : "false";
}

void appendAttachment(std::string &out, const ExtractedLeaf::Attachment &attachment)
{
    out += '{';
    appendMember(out, "name", attachment.name);
    appendMember(out, "file", attachment.file);
    appendRaw(out, "content_type",
              attachment.contentTypeJson.empty() ? "null" : attachment.contentTypeJson);
    appendRaw(out, "length", std::to_string(attachment.length));
    appendMember(out, "digest", attachment.digest);
    out += '}';
}

void appendProblem(std::string &out, const ExtractProblem &problem)
{
    out += '{';
    appendMember(out, "code", problem.code);
    for (const auto &[name, value] : {std::pair{"id", &problem.id}, std::pair{"rev", &problem.rev},
                                      std::pair{"attachment", &problem.attachment}}) {
        if (!value->empty())
            appendMember(out, name, *value);
    }
    appendMember(out, "message", problem.message.toStdString());
    out += '}';
}

} // namespace

Result<std::unique_ptr<ExtractIndex>> ExtractIndex::create(const base::fs::path &path,
                                                           std::string_view archiveName)
{
    auto file = base::File::create(path);
    if (!file)
        return file.error();
    std::unique_ptr<ExtractIndex> index(new ExtractIndex(std::move(*file)));
    index->m_text = '{';
    appendMember(index->m_text, "format", "focus-monitor-extract");
    appendRaw(index->m_text, "version", "1");
    appendMember(index->m_text, "archive", archiveName);
    index->m_text += ",\"databases\":[";
    return index;
}

Status ExtractIndex::beginDatabase(std::string_view name, std::string_view folder)
{
    m_text += m_hasDatabase ? ",\n{" : "\n{";
    m_hasDatabase = true;
    m_hasLeaf = false;
    appendMember(m_text, "name", name);
    if (folder.empty())
        appendRaw(m_text, "folder", "null");
    else
        appendMember(m_text, "folder", folder);
    m_text += ",\"documents\":[";
    return flush(kFlushBytes);
}

Status ExtractIndex::add(const ExtractedLeaf &leaf)
{
    m_text += m_hasLeaf ? ",\n {" : "\n {";
    m_hasLeaf = true;
    appendMember(m_text, "id", leaf.id);
    appendMember(m_text, "rev", leaf.rev);
    appendRaw(m_text, "winner", truth(leaf.isWinner));
    appendRaw(m_text, "deleted", truth(leaf.isDeleted));
    appendMember(m_text, "file", leaf.file);
    m_text += ",\"attachments\":[";
    for (size_t i = 0; i < leaf.attachments.size(); ++i) {
        m_text += i == 0 ? "" : ",";
        appendAttachment(m_text, leaf.attachments[i]);
    }
    m_text += "]}";
    return flush(kFlushBytes);
}

Status ExtractIndex::endDatabase(const std::vector<ExtractProblem> &problems)
{
    m_text += ']';
    addProblems(problems);
    m_text += '}';
    return flush(kFlushBytes);
}

Status ExtractIndex::finish(const std::vector<ExtractProblem> &problems)
{
    m_text += "\n]";
    addProblems(problems);
    m_text += "}\n";
    if (Status flushed = flush(1); !flushed)
        return flushed;
    return m_file->close();
}

void ExtractIndex::addProblems(const std::vector<ExtractProblem> &problems)
{
    m_text += ",\"problems\":[";
    for (size_t i = 0; i < problems.size(); ++i) {
        m_text += i == 0 ? "\n " : ",\n ";
        appendProblem(m_text, problems[i]);
    }
    m_text += ']';
}

Status ExtractIndex::flush(size_t atLeast)
{
    if (m_text.size() < atLeast)
        return {};
    Status written = m_file->append(m_text);
    m_text.clear();
    return written;
}

} // namespace backup
