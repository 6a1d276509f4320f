#include "core/serve/routes.h"

#include "core/base/json.h"
#include "core/serve/arguments.h"
#include "core/serve/openrevs.h"
#include "core/serve/relatedparts.h"

namespace serve {

using base::Status;
namespace json = base::json;

namespace {

/// One row of the request; `problem` says what is wrong with it.
struct Wanted {
    std::optional<std::string> id;
    std::string revText = "undefined"; ///< as asked, for errors
    std::optional<store::RevId> rev;
    std::vector<store::RevId> attsSince;
    std::string problem;
};

/// What an error says of a revision; CouchDB's order of members.
std::string errorText(const Wanted &wanted, const std::string &rev, std::string_view error,
                      const std::string &reason)
{
    return R"({"rev":)" + (wanted.id ? json::quoted(rev) : "null") + R"(,"reason":)"
        + json::quoted(reason) + R"(,"id":)" + (wanted.id ? json::quoted(*wanted.id) : "null")
        + R"(,"error":)" + json::quoted(error) + '}';
}

Wanted wantedOf(std::string_view entry)
{
    Wanted wanted;
    const auto members = json::members(entry);
    const auto stringOf = [&](std::string_view key) -> std::optional<std::string> {
        const auto value = members ? json::find(*members, key) : std::nullopt;
        if (!value || json::kindOf(*value) != json::Kind::String)
            return std::nullopt;
        return json::unescape(*value);
    };
    wanted.id = stringOf("id");
    if (!wanted.id) {
        wanted.problem = "document id missed";
        return wanted;
    }
    if (const auto rev = stringOf("rev")) {
        wanted.revText = *rev;
        wanted.rev = store::RevId::parse(*rev);
        if (!wanted.rev)
            wanted.problem = "Invalid rev format";
    }
    if (const auto since = json::find(*members, "atts_since")) {
        const auto revs = revisionList(*since);
        if (!refusalIn(revs))
            wanted.attsSince = valueIn(revs);
    }
    return wanted;
}

/// Writes the rows, one document in memory at a time.
class BulkAnswer
{
public:
    BulkAnswer(const Call &call, DocumentOptions options)
        : m_call(call)
        , m_options(std::move(options))
        , m_isMultipart(!accepts(call.request, "application/json"))
        , m_outer("--" + randomBoundary())
    {
    }

    Status send(const std::vector<std::string_view> &entries)
    {
        // CouchDB 3.5 knows the length of its JSON; so does a small answer of ours.
        ResponseHead head = jsonHead(Sizing::Measured);
        if (m_isMultipart) {
            head = {};
            head.headers.add("Content-Type",
                             std::string(accepts(m_call.request, "multipart/mixed")
                                             ? "multipart/mixed"
                                             : "multipart/related")
                                 + "; boundary=\"" + m_outer + '"');
        }
        Status sent = m_call.answer.begin(std::move(head));
        if (sent && !m_isMultipart)
            sent = write(R"({"results":[)");
        for (size_t i = 0; sent && i < entries.size(); ++i)
            sent = sendEntry(wantedOf(entries[i]), i == 0);
        if (!sent)
            return sent;
        if (!m_isMultipart)
            sent = write("]}\n");
        else if (!entries.empty())
            sent = write("\r\n--" + m_outer + "--\r\n");
        return sent ? m_call.answer.finish() : sent;
    }

private:
    Status write(const std::string &text) { return m_call.answer.write(text); }

    Status sendEntry(const Wanted &wanted, bool isFirst)
    {
        m_isFirstDoc = true;
        if (!m_isMultipart) {
            Status begun =
                write((isFirst ? R"({"id":)" : R"(,{"id":)")
                      + (wanted.id ? json::quoted(*wanted.id) : "null") + R"(,"docs":[)");
            if (!begun)
                return begun;
        }
        Status sent = wanted.problem.empty()
            ? sendRevisions(wanted)
            : sendError(wanted, wanted.revText, "bad_request", wanted.problem);
        return sent && !m_isMultipart ? write("]}") : sent;
    }

    Status sendRevisions(const Wanted &wanted)
    {
        const auto document = m_call.database->document(*wanted.id);
        if (!document)
            return sendError(wanted, wanted.revText, base::errorCode(document.error().kind),
                             document.error().message.toStdString());
        if (!*document)
            return sendError(wanted, wanted.revText, "not_found", "missing");
        const auto found = wanted.rev ? openRevs(**document, {*wanted.rev}, m_options.latest)
                                      : allOpenRevs(**document);
        for (const OpenRev &one : found) {
            Status sent = one.node < 0 ? sendError(wanted, one.rev, "not_found", "missing")
                                       : sendRevision(wanted, **document, one);
            if (!sent)
                return sent;
        }
        return {};
    }

    Status sendRevision(const Wanted &wanted, const store::Metadata &metadata, const OpenRev &one)
    {
        const auto revision = loadRevision(*m_call.database, metadata, one.node);
        if (!revision)
            return sendError(wanted, one.rev, base::errorCode(revision.error().kind),
                             revision.error().message.toStdString());
        DocumentOptions options = m_options;
        options.attsSince = wanted.attsSince;
        if (m_isMultipart)
            return sendPart(wanted, metadata, *revision, options);
        Pieces pieces;
        pieces.text(m_isFirstDoc ? "{\"ok\":" : ",{\"ok\":");
        if (Status added = addDocument(pieces, *m_call.database, metadata.tree, *revision, options,
                                       options.attachments || !options.attsSince.empty()
                                           ? AttachmentForm::Data
                                           : AttachmentForm::Stub);
            !added)
            return sendError(wanted, one.rev, base::errorCode(added.error().kind),
                             added.error().message.toStdString());
        m_isFirstDoc = false;
        pieces.text("}");
        return pieces.send(*m_call.database, m_call.answer);
    }

    Status sendPart(const Wanted &wanted, const store::Metadata &metadata, const Revision &revision,
                    const DocumentOptions &options)
    {
        const std::string inner = "--" + randomBoundary();
        auto body = relatedBody(*m_call.database, metadata.tree, revision, options, inner);
        if (!body)
            return sendError(wanted, revision.rev(), base::errorCode(body.error().kind),
                             body.error().message.toStdString());
        Status sent =
            write("\r\n--" + m_outer
                  + (body->isMultipart ? "\r\nX-Doc-Id: " + headerSafe(revision.id)
                             + "\r\nX-Rev-Id: " + headerSafe(revision.rev())
                             + "\r\nContent-Type: multipart/related; boundary=" + inner + "\r\n\r\n"
                                       : "\r\nContent-Type: application/json\r\n\r\n"));
        return sent ? body->pieces.send(*m_call.database, m_call.answer) : sent;
    }

    static std::string headerSafe(std::string text)
    {
        for (const char c : {'\r', '\n'})
            std::erase(text, c);
        return text;
    }

    Status sendError(const Wanted &wanted, const std::string &rev, std::string_view error,
                     const std::string &reason)
    {
        const std::string text = errorText(wanted, rev, error, reason);
        if (m_isMultipart) {
            // A revision that is missing is told without its document.
            const bool isShort = wanted.rev && error == "not_found";
            return write("\r\n--" + m_outer
                         + "\r\nContent-Type: application/json; error=\"true\"\r\n\r\n"
                         + (isShort ? R"({"rev":)" + json::quoted(rev)
                                    + R"(,"error":"not_found","reason":"missing"})"
                                    : text));
        }
        const std::string row = (m_isFirstDoc ? R"({"error":)" : R"(,{"error":)") + text + '}';
        m_isFirstDoc = false;
        return write(row);
    }

    const Call &m_call;
    DocumentOptions m_options;
    bool m_isMultipart;
    std::string m_outer;
    bool m_isFirstDoc = true;
};

} // namespace

Outcome bulkGet(const Call &call)
{
    const auto body = bodyObject(call.request);
    if (const Refusal *refusal = refusalIn(body)) {
        sendRefusal(call.answer, *refusal);
        return nullptr;
    }
    const auto docs = json::find(valueIn(body), "docs");
    const auto entries = json::elements(docs.value_or("null"));
    if (!entries) {
        sendRefusal(call.answer, refusal::badRequest("Missing JSON list of 'docs'."));
        return nullptr;
    }
    const auto options = documentOptions(call.request);
    if (const Refusal *refusal = refusalIn(options)) {
        sendRefusal(call.answer, *refusal);
        return nullptr;
    }
    if (!BulkAnswer(call, valueIn(options)).send(*entries))
        call.answer.cut();
    return nullptr;
}

} // namespace serve
