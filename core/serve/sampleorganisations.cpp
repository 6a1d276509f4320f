#include "core/serve/memorybackend.h"

#include "core/base/bytes.h"
#include "core/base/text.h"
#include "core/serve/incoming.h"

#include <array>

namespace serve {

using base::Error;
using base::ErrorKind;
using base::Status;

namespace {

/// Writes into one database and keeps the first thing that goes wrong.
class Filler
{
public:
    Filler(Backend &backend, const std::string &name)
    {
        if (const auto refused = backend.create(name)) {
            fail(refused->reason);
            return;
        }
        auto opened = backend.open(name);
        if (opened)
            m_database = *opened;
    }

    /// The next revision of what `rev` names; empty for a new document. Returns the revision.
    std::string edit(const std::string &json)
    {
        auto parsed = parseIncoming(json);
        if (const auto *refusal = std::get_if<Refusal>(&parsed)) {
            fail(refusal->reason);
            return {};
        }
        const auto rev = m_database->writable()->edit(*std::get_if<IncomingDocument>(&parsed));
        if (const auto *refusal = std::get_if<Refusal>(&rev)) {
            fail(refusal->reason);
            return {};
        }
        return *std::get_if<std::string>(&rev);
    }

    /// A revision as another server made it.
    void replicate(const std::string &json)
    {
        auto parsed = parseIncoming(json);
        if (const auto *refusal = std::get_if<Refusal>(&parsed))
            return fail(refusal->reason);
        if (const auto refused =
                m_database->writable()->insert({*std::get_if<IncomingDocument>(&parsed)}).front())
            fail(refused->reason);
    }

    void setSecurity(const std::string &json) { m_database->writable()->setSecurity(json); }
    [[nodiscard]] Status status() const { return m_status; }

private:
    void fail(const std::string &reason)
    {
        if (m_status)
            m_status = Error{
                ErrorKind::Internal,
                base::text("The sample data cannot be made: %1").arg(base::printable(reason))};
    }

    std::shared_ptr<Database> m_database;
    Status m_status;
};

std::string quotedRev(const std::string &rev)
{
    return rev.empty() ? std::string() : R"("_rev":")" + rev + "\",";
}

/// A document that was edited a few times.
std::string history(Filler &filler, const std::string &id, const std::string &members, int edits)
{
    std::string rev;
    for (int edit = 1; edit <= edits; ++edit) {
        std::string json = R"({"_id":")";
        json.append(id).append("\",").append(quotedRev(rev)).append(members);
        json.append(R"(,"edit":)").append(std::to_string(edit)).append("}");
        rev = filler.edit(json);
    }
    return rev;
}

/// What two places wrote at once: the invoice that the demonstration shows.
void addConflict(Filler &filler)
{
    constexpr std::array<const char *, 3> kRevisions{
        R"("_rev":"2-1f0a41c0de0f4b6c8b4f3a2d5c6e7f80","_revisions":{"start":2,"ids":["1f0a41c0de0f4b6c8b4f3a2d5c6e7f80","967a00dff5e02add41819138abb3284d"]},"total":1250.00,"paid":false,"by":"desk 1")",
        R"("_rev":"2-8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5","_revisions":{"start":2,"ids":["8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5","967a00dff5e02add41819138abb3284d"]},"total":1250.00,"paid":true,"by":"desk 2")",
        R"("_rev":"3-0a1b2c3d4e5f60718293a4b5c6d7e8f9","_deleted":true,"_revisions":{"start":3,"ids":["0a1b2c3d4e5f60718293a4b5c6d7e8f9","1f0a41c0de0f4b6c8b4f3a2d5c6e7f80","967a00dff5e02add41819138abb3284d"]})"};
    // The middle one and a tombstone remain as leaves, and a third that was written offline.
    for (const char *revision : kRevisions)
        filler.replicate(R"({"_id":"invoice-42",)" + std::string(revision) + '}');
    filler.replicate(
        R"({"_id":"invoice-42","_rev":"2-4d3c2b1a09f8e7d6c5b4a39281706f5e","_revisions":{"start":2,"ids":["4d3c2b1a09f8e7d6c5b4a39281706f5e","967a00dff5e02add41819138abb3284d"]},"total":1275.50,"paid":false,"by":"laptop"})");
}

Status addOrganisation(Backend &backend, const std::string &name, int orders)
{
    Filler filler(backend, "org_" + name);
    if (!filler.status())
        return filler.status();
    filler.setSecurity(
        R"({"admins":{"names":[],"roles":["_admin"]},"members":{"names":[],"roles":["org_)" + name
        + R"("]}})");
    for (int i = 1; i <= orders; ++i)
        (void)history(filler, "order-" + std::to_string(i),
                      R"("type":"order","customer":"customer-)" + std::to_string(i % 17)
                          + R"(","amount":)" + std::to_string(i * 7) + ".25",
                      1 + i % 3);
    for (int i = 1; i <= orders / 10; ++i) {
        const std::string id = "draft-" + std::to_string(i);
        const std::string rev = history(filler, id, R"("type":"draft")", 1);
        filler.edit(R"({"_id":")" + id + "\"," + quotedRev(rev) + R"("_deleted":true})");
    }
    addConflict(filler);
    const std::string note = base::toBase64("Delivered to the back door.\nSigned: R. Hood\n");
    const std::string picture = base::toBase64(std::string("\x89PNG\r\n\x1a\n\0\x01\x02\xff", 12));
    filler.edit(
        R"({"_id":"delivery-7","type":"delivery","_attachments":{"note.txt":{"content_type":"text/plain","data":")"
        + note + R"("},"photo.png":{"content_type":"image/png","data":")" + picture + R"("}}})");
    filler.edit(
        R"({"_id":"_design/orders","language":"javascript","views":{"by_customer":{"map":"function (doc) { if (doc.type === 'order') emit(doc.customer, doc.amount); }"}}})");
    filler.edit(R"({"_id":"größe ☃","note":"ids are UTF-8","number":12345678901234567890})");
    return filler.status();
}

Status addAssessments(Backend &backend, const std::string &name, int count)
{
    Filler filler(backend, "asmt_" + name);
    if (!filler.status())
        return filler.status();
    for (int i = 1; i <= count; ++i)
        (void)history(filler, "assessment-" + std::to_string(i),
                      R"("type":"assessment","score":)" + std::to_string(i % 5), 2);
    return filler.status();
}

Status addUsers(Backend &backend)
{
    Filler filler(backend, "_users");
    for (const char *name : {"robin", "marian"}) {
        if (filler.status())
            filler.edit(
                R"({"_id":"org.couchdb.user:)" + std::string(name) + R"(","name":")" + name
                + R"(","type":"user","roles":["org_riverside"],"password_scheme":"pbkdf2","iterations":10,"derived_key":"0000000000000000000000000000000000000000","salt":"00000000000000000000000000000000"})");
    }
    return filler.status();
}

} // namespace

Status addSampleOrganisations(Backend &backend)
{
    for (const auto &[name, orders] : {std::pair{"riverside", 120}, std::pair{"hillview", 40}}) {
        if (Status added = addOrganisation(backend, name, orders); !added)
            return added;
        if (Status added = addAssessments(backend, name, orders / 2); !added)
            return added;
    }
    return addUsers(backend);
}

} // namespace serve
