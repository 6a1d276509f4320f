#include "app/ctl/configimport.h"

#include "app/ctl/jsonwriter.h"
#include "app/ctl/output.h"
#include "core/base/text.h"
#include "core/settings/keychain.h"
#include "core/settings/predecessor.h"

#include <QtGlobal>

namespace ctl {

namespace {

namespace fs = base::fs;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using base::text;

constexpr std::uint64_t kMostBytes = 1 << 20;

std::optional<std::string> environmentVariable(const std::string &name)
{
    if (!qEnvironmentVariableIsSet(name.c_str()))
        return std::nullopt;
    return qEnvironmentVariable(name.c_str()).toStdString();
}

QString shownPath(const fs::path &path)
{
    return base::printable(base::toUtf8(path), 1000);
}

Status refuseExisting(const fs::path &path)
{
    std::error_code code;
    if (!fs::exists(fs::symlink_status(path, code)))
        return {};
    return Error{ErrorKind::Conflict,
                 text("%1 exists already, and nothing is overwritten. Nothing was written.")
                     .arg(shownPath(path))};
}

/// A file of mode 0600 that appears whole or not at all, and replaces nothing.
Status writeNew(const fs::path &path, std::string_view bytes)
{
    if (Status made = base::makeFolder(path.parent_path()); !made)
        return made;
    fs::path partial = path;
    partial += ".new";
    if (Status written = base::writeFileAtomically(partial, bytes); !written)
        return written;
    Status renamed = base::renameNoReplace(partial, path);
    if (!renamed) {
        static_cast<void>(base::removeFile(partial));
        return renamed;
    }
    return base::syncFolder(path.parent_path());
}

} // namespace

Result<int> ConfigImport::run(const Context &context) const
{
    const auto environment = settings::Environment::current();
    const fs::path from = fs::absolute(base::fromUtf8(source));
    const fs::path to =
        target.empty() ? environment.defaultConfigFile() : fs::absolute(base::fromUtf8(target));
    settings::ImportOptions options;
    options.folder = base::toUtf8(from.parent_path());
    options.environment = environmentVariable;
    if (!passwordFolder.empty())
        options.passwordFolder = base::toUtf8(fs::absolute(base::fromUtf8(passwordFolder)));

    auto content = base::readFile(from, kMostBytes);
    if (!content)
        return content.error();
    const base::Secret whole(std::move(*content)); // there are passwords in it
    auto imported = settings::importPredecessor(whole.reveal(), options);
    if (!imported)
        return imported.error().withContext(shownPath(from));
    const auto fileOf = [&options](const settings::ImportedSecret &secret) {
        return base::fromUtf8(options.passwordFolder) / (secret.name + "-password");
    };
    if (Status free = refuseExisting(to); !free)
        return free.error();
    for (const auto &secret : imported->secrets) {
        if (passwordFolder.empty())
            break;
        if (Status free = refuseExisting(fileOf(secret)); !free)
            return free.error();
    }

    JsonWriter json;
    json.beginObject().member("config", base::toUtf8(to)).key("passwords").beginArray();
    for (const auto &secret : imported->secrets) {
        std::string place = "keychain";
        if (!passwordFolder.empty()) {
            place = base::toUtf8(fileOf(secret));
            if (Status written = writeNew(fileOf(secret), secret.secret.reveal()); !written)
                return written.error();
        } else if (!settings::storePassword(QString::fromStdString(secret.origin),
                                            QString::fromStdString(secret.user), secret.secret)) {
            place.clear();
            imported->notes.push_back(
                text("There is no keychain that would take the password of user \"%1\" at %2: "
                     "write it into a file of mode 0600 and name that (password_file).")
                    .arg(base::printable(secret.user), base::printable(secret.origin)));
        }
        json.beginObject().member("name", secret.name).member("user", secret.user);
        if (place.empty())
            json.key("place").raw("null");
        else
            json.member("place", place);
        json.endObject();
    }
    if (Status written = writeNew(to, imported->toml); !written)
        return written.error();
    json.endArray().key("notes").beginArray();
    for (const QString &note : imported->notes)
        json.value(note);
    json.endArray().endObject();
    if (asJson) {
        context.out << json.text() << '\n';
    } else {
        context.out << base::toUtf8(to) << '\n';
        for (const QString &note : imported->notes)
            context.err << note.toStdString() << '\n';
    }
    return imported->notes.empty() ? exitcode::kGood : exitcode::kAttention;
}

} // namespace ctl
