// Made by `npm run docs`; not to be changed by hand.
export interface paths {
    "/access/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which rule decides whether somebody may do something. About others: administrators and auditors only.
         * @description For: Whoever is signed in.
         */
        get: operations["explainAccess"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/adoptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The places of other registries that are served where they lie, and how much of each is known.
         * @description For: Administrators and auditors.
         */
        get: operations["listAdoptions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/adoptions/{place}/again": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Looks at all of a place once more, for what came since. Tags that were changed here stay as they are.
         * @description For: Administrators.
         */
        post: operations["adoptAgain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/adoptions/{place}/problems": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What of a place could not be adopted, and why; 1000 at most.
         * @description For: Administrators and auditors.
         */
        get: operations["listAdoptionProblems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who did what, newest first.
         * @description For: Administrators and auditors.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deletions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The recycle bin: what was deleted where the caller may delete, newest first.
         * @description For: Whoever is signed in.
         */
        get: operations["listDeletions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deletions/{deletion}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One deletion, for whoever may delete in its repository.
         * @description For: Whoever is signed in.
         */
        get: operations["getDeletion"];
        put?: never;
        post?: never;
        /**
         * Removes for good what a deletion took, for whoever manages its repository.
         * @description For: Whoever is signed in.
         */
        delete: operations["purgeDeletion"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deletions/{deletion}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Brings back what a deletion took, for whoever may delete in its repository.
         * @description For: Whoever is signed in.
         */
        post: operations["restoreDeletion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happened, in order: of repositories that the caller may pull; everything for administrators.
         * @description For: Whoever is signed in.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The same as server-sent events, as they happen. Last-Event-ID, or "since", resumes.
         * @description For: Whoever is signed in.
         */
        get: operations["followEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What waits to be collected, and what was.
         * @description For: Administrators and auditors.
         */
        get: operations["getCollector"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gc/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Collects what is due now, instead of at the next turn. Answers after twenty seconds at most.
         * @description For: Administrators.
         */
        post: operations["runCollector"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The groups, by name.
         * @description For: Administrators and auditors.
         */
        get: operations["listGroups"];
        put?: never;
        /**
         * Adds a group.
         * @description For: Administrators.
         */
        post: operations["createGroup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{group}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One group with its members.
         * @description For: Administrators and auditors.
         */
        get: operations["getGroup"];
        put?: never;
        post?: never;
        /**
         * Removes a group, with its grants.
         * @description For: Administrators.
         */
        delete: operations["removeGroup"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{group}/members/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Puts a user into a group.
         * @description For: Administrators.
         */
        put: operations["addGroupMember"];
        post?: never;
        /**
         * Takes a user out of a group.
         * @description For: Administrators.
         */
        delete: operations["removeGroupMember"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the servers do by themselves, by name: how often, how it went, and what runs now.
         * @description For: Administrators and auditors.
         */
        get: operations["listJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{job}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One job, with its last runs.
         * @description For: Administrators and auditors.
         */
        get: operations["getJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{job}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends the run that goes on, within seconds where the job can stop there; what is left is for the next run.
         * @description For: Administrators.
         */
        post: operations["cancelJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{job}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Has a job run within seconds, without waiting for its turn; one that runs now does so once more after.
         * @description For: Administrators.
         */
        post: operations["runJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who asks.
         * @description For: Whoever is signed in.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One’s own API keys, without their secrets.
         * @description For: Whoever is signed in.
         */
        get: operations["listMyKeys"];
        put?: never;
        /**
         * Makes an API key. The answer is the only place where its secret is ever shown.
         * @description For: People with a password or a browser session, about themselves.
         */
        post: operations["createMyKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Removes one of one’s own API keys; tokens made with it end at once.
         * @description For: People with a password or a browser session, about themselves.
         */
        delete: operations["removeMyKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Changes one’s own password, and signs out everywhere.
         * @description For: People with a password or a browser session, about themselves.
         */
        put: operations["changeMyPassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Terminals that are signed in.
         * @description For: People with a password or a browser session, about themselves.
         */
        get: operations["listMySessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/sessions/{session}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Signs a terminal out.
         * @description For: People with a password or a browser session, about themselves.
         */
        delete: operations["endMySession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/namespaces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The hosts that this registry stands in for, as a mirror, and the projects that they mean.
         * @description For: Administrators and auditors.
         */
        get: operations["listNamespaces"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/namespaces/{namespace}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One of them.
         * @description For: Administrators and auditors.
         */
        get: operations["getNamespace"];
        /**
         * Pulls with ?ns= of this name are of that project from now on.
         * @description For: Administrators.
         */
        put: operations["setNamespace"];
        post?: never;
        /**
         * It means no project any more. The project, and what is in it, stays.
         * @description For: Administrators.
         */
        delete: operations["removeNamespace"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/packages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which images, of those that the caller may pull, have a package, or a vulnerability.
         * @description For: Whoever is signed in.
         */
        get: operations["findPackages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The projects that the caller may know of, by name.
         * @description For: Whoever is signed in; on an open registry anybody.
         */
        get: operations["listProjects"];
        put?: never;
        /**
         * Makes a project; whoever makes it owns it. Nothing that a project around it says holds inside: no grants, rules or trust.
         * @description For: Whoever is signed in.
         */
        post: operations["createProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One project.
         * @description For: Whoever may know of the project.
         */
        get: operations["getProject"];
        put?: never;
        post?: never;
        /**
         * Removes a project that holds no images.
         * @description For: Owners of the project.
         */
        delete: operations["removeProject"];
        options?: never;
        head?: never;
        /**
         * Makes a project public or private; private takes effect at once, for tokens too.
         * @description For: Owners of the project.
         */
        patch: operations["changeProject"];
        trace?: never;
    };
    "/projects/{project}/exceptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Findings of a project that somebody judged to be none, until a date.
         * @description For: Whoever may know of the project.
         */
        get: operations["listExceptions"];
        put?: never;
        /**
         * Says that a finding is none, why, and until when. It stays visible, and does not count.
         * @description For: Owners of the project.
         */
        post: operations["addException"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/exceptions/{exception}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Ends an exception: its findings count again at once.
         * @description For: Owners of the project.
         */
        delete: operations["removeException"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/exemptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The images that were taken out of the reach of rules, why, and until when.
         * @description For: Whoever may know of the project.
         */
        get: operations["listExemptions"];
        put?: never;
        /**
         * Takes images out of the reach of a rule, or of all, for a reason and for a year at most.
         * @description For: Owners of the project.
         */
        post: operations["addExemption"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/exemptions/{exemption}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Ends an exemption at once.
         * @description For: Owners of the project.
         */
        delete: operations["removeExemption"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who may do what in a project.
         * @description For: Owners of the project.
         */
        get: operations["listGrants"];
        put?: never;
        /**
         * Gives a user, group or robot a role or actions. The same subject and pattern again replaces what it had.
         * @description For: Owners of the project.
         */
        post: operations["addGrant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/grants/{grant}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Takes a grant back; it takes effect at once, for tokens too.
         * @description For: Owners of the project.
         */
        delete: operations["removeGrant"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/immutability": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rules that say which tags of a project are set once, and then neither moved nor deleted.
         * @description For: Whoever may know of the project.
         */
        get: operations["listImmutabilityRules"];
        put?: never;
        /**
         * Makes tags immutable, those that are there already too. At most 50 rules a project.
         * @description For: Owners of the project.
         */
        post: operations["addImmutabilityRule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/immutability/{rule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Removes a rule: its tags can be moved and deleted at once, unless another rule says otherwise.
         * @description For: Owners of the project.
         */
        delete: operations["removeImmutabilityRule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rules of a project about the images that may be pulled from it.
         * @description For: Whoever may know of the project.
         */
        get: operations["listPolicies"];
        put?: never;
        /**
         * Adds a rule. It holds from the next pull on, for images that are there already, too. At most 50 a project.
         * @description For: Owners of the project.
         */
        post: operations["addPolicy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/policies/{policy}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Removes a rule, and the exemptions from it.
         * @description For: Owners of the project.
         */
        delete: operations["removePolicy"];
        options?: never;
        head?: never;
        /**
         * Turns a rule off, or makes it warn, or refuse.
         * @description For: Owners of the project.
         */
        patch: operations["setPolicyMode"];
        trace?: never;
    };
    "/projects/{project}/policies/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a rule would refuse among the tagged images of a project now, were it enforced.
         * @description For: Owners of the project.
         */
        post: operations["previewPolicy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/protections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who says that images of a project are in use, how many, and until when.
         * @description For: Whoever may know of the project.
         */
        get: operations["listProtections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/protections/{holder}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Says which images a holder uses: they are not deleted while it does. Replaces what it said before; takes the right "protect" in each repository.
         * @description For: Whoever may know of the project.
         */
        put: operations["protectImages"];
        post?: never;
        /**
         * Ends what a holder protects. For whoever made it, and for owners of the project.
         * @description For: Whoever may know of the project.
         */
        delete: operations["unprotectImages"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/quota": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a project may hold, and what it does.
         * @description For: Whoever may know of the project.
         */
        get: operations["getQuota"];
        /**
         * Limits what a project may hold. What is not said has no limit. Nothing that is there goes.
         * @description For: Administrators.
         */
        put: operations["setQuota"];
        post?: never;
        /**
         * From now on the project may hold any amount.
         * @description For: Administrators.
         */
        delete: operations["removeQuota"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which tags of a project go by themselves.
         * @description For: Whoever may know of the project.
         */
        get: operations["listRetentionRules"];
        put?: never;
        /**
         * Adds a rule. A tag that a rule selects goes, with what only it names, unless one of the rules that select it keeps it; a tag that no rule selects stays.
         * @description For: Owners of the project.
         */
        post: operations["addRetentionRule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/retention/{rule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Removes a rule.
         * @description For: Owners of the project.
         */
        delete: operations["removeRetentionRule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/retention/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What the rules of a project, or others, would remove now, and the bytes that would be free then.
         * @description For: Owners of the project.
         */
        post: operations["previewRetention"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/retention/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Applies the rules of a project now. What goes can be restored from the recycle bin.
         * @description For: Owners of the project.
         */
        post: operations["runRetention"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/robots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Robot accounts, without their secrets.
         * @description For: Owners of the project.
         */
        get: operations["listProjectRobot"];
        put?: never;
        /**
         * Makes a robot account. It may do nothing until it is granted something.
         * @description For: Owners of the project.
         */
        post: operations["createProjectRobot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/robots/{robot}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One robot account.
         * @description For: Owners of the project.
         */
        get: operations["getProjectRobot"];
        put?: never;
        post?: never;
        /**
         * Removes a robot account.
         * @description For: Owners of the project.
         */
        delete: operations["removeProjectRobot"];
        options?: never;
        head?: never;
        /**
         * Disables, enables or prolongs a robot account, or takes it over: its rights are then bounded by the caller’s.
         * @description For: Owners of the project.
         */
        patch: operations["changeProjectRobot"];
        trace?: never;
    };
    "/projects/{project}/robots/{robot}/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gives a robot account a new secret; the old one is void at once.
         * @description For: Owners of the project.
         */
        post: operations["rotateProjectRobotSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/robots/{robot}/trust": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which workloads are this robot.
         * @description For: Owners of the project.
         */
        get: operations["listProjectRobotTrust"];
        put?: never;
        /**
         * Makes workloads whose token says this the robot.
         * @description For: Owners of the project.
         */
        post: operations["addProjectRobotTrust"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/robots/{robot}/trust/{rule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Removes such a rule.
         * @description For: Owners of the project.
         */
        delete: operations["removeProjectRobotTrust"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/trust": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whose signatures a project trusts. A repository follows the longest project that it is in.
         * @description For: Whoever may know of the project.
         */
        get: operations["listTrust"];
        put?: never;
        /**
         * Trusts somebody’s signatures from now on. At most 20 a project.
         * @description For: Owners of the project.
         */
        post: operations["addTrust"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/trust/{anchor}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Trusts one no more: what only that one vouched for is unsigned at once.
         * @description For: Owners of the project.
         */
        delete: operations["removeTrust"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a project holds, with or without a quota, and what of it is in the recycle bin.
         * @description For: Whoever may know of the project.
         */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/usage/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a project held day by day, oldest first; days without a look are absent.
         * @description For: Whoever may know of the project.
         */
        get: operations["listUsageHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/vex": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The OpenVEX documents of a project.
         * @description For: Whoever may know of the project.
         */
        get: operations["listVex"];
        put?: never;
        /**
         * Adds an OpenVEX document: findings that it calls not affected, or fixed, do not count.
         * @description For: Owners of the project.
         */
        post: operations["addVex"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/vex/{document}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Removes an OpenVEX document.
         * @description For: Owners of the project.
         */
        delete: operations["removeVex"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is told of events, without their secrets.
         * @description For: Owners of the project.
         */
        get: operations["listProjectWebhooks"];
        put?: never;
        /**
         * Tells an address of what happens from now on.
         * @description For: Owners of the project.
         */
        post: operations["addProjectWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/webhooks/{webhook}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One webhook.
         * @description For: Owners of the project.
         */
        get: operations["getProjectWebhook"];
        put?: never;
        post?: never;
        /**
         * Tells it nothing any more.
         * @description For: Owners of the project.
         */
        delete: operations["removeProjectWebhook"];
        options?: never;
        head?: never;
        /**
         * Changes a webhook. What is not said stays.
         * @description For: Owners of the project.
         */
        patch: operations["changeProjectWebhook"];
        trace?: never;
    };
    "/projects/{project}/webhooks/{webhook}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was sent lately, newest first; "dead": given up after a day.
         * @description For: Owners of the project.
         */
        get: operations["listProjectWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/webhooks/{webhook}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends one that was given up again, or everything after a cursor of the feed, in order.
         * @description For: Owners of the project.
         */
        post: operations["replayProjectWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}/webhooks/{webhook}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends it a push that never was, with the number 0.
         * @description For: Owners of the project.
         */
        post: operations["testProjectWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/quotas": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The projects that have a quota, by name, with what they use.
         * @description For: Administrators and auditors.
         */
        get: operations["listQuotas"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/remotes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The other registries that this one knows, by name.
         * @description For: Administrators and auditors.
         */
        get: operations["listRemotes"];
        put?: never;
        /**
         * Makes another registry known. For docker.io and other well-known ones the name is enough.
         * @description For: Administrators.
         */
        post: operations["createRemote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/remotes/{remote}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One remote, and how it lately was.
         * @description For: Administrators and auditors.
         */
        get: operations["getRemote"];
        put?: never;
        post?: never;
        /**
         * Forgets a remote that nothing pulls from or copies to any more.
         * @description For: Administrators.
         */
        delete: operations["removeRemote"];
        options?: never;
        head?: never;
        /**
         * Changes a remote. With another origin or a further trusted host its password is gone, unless it is said again.
         * @description For: Administrators.
         */
        patch: operations["changeRemote"];
        trace?: never;
    };
    "/remotes/{remote}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Asks a remote whether it is there, and signs in where there is a password.
         * @description For: Administrators.
         */
        post: operations["testRemote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replicas": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Servers on this database, and which jobs they hold. Empty on SQLite, where there is one.
         * @description For: Administrators and auditors.
         */
        get: operations["listReplicas"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replication/executions/{execution}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How an execution is.
         * @description For: Administrators and auditors.
         */
        get: operations["getReplicationExecution"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replication/executions/{execution}/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The log of an execution: what became of each image, and why.
         * @description For: Administrators and auditors.
         */
        get: operations["listReplicatedImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replication/executions/{execution}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tries again what failed, as an execution of its own.
         * @description For: Administrators.
         */
        post: operations["retryReplication"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replication/executions/{execution}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends an execution. What it brought stays.
         * @description For: Administrators.
         */
        post: operations["stopReplication"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replication/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rules that bring images to and from other registries, by name.
         * @description For: Administrators and auditors.
         */
        get: operations["listReplicationRules"];
        put?: never;
        /**
         * Makes a rule. What is there already is brought by an execution; start one.
         * @description For: Administrators.
         */
        post: operations["createReplicationRule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replication/rules/{rule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A replication rule.
         * @description For: Administrators and auditors.
         */
        get: operations["getReplicationRule"];
        put?: never;
        post?: never;
        /**
         * Removes a rule with its executions. What it brought stays.
         * @description For: Administrators.
         */
        delete: operations["removeReplicationRule"];
        options?: never;
        head?: never;
        /**
         * Changes a rule, or turns it off or on.
         * @description For: Administrators.
         */
        patch: operations["changeReplicationRule"];
        trace?: never;
    };
    "/replication/rules/{rule}/executions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a rule did, the latest first; its last 100 executions are kept.
         * @description For: Administrators and auditors.
         */
        get: operations["listReplicationExecutions"];
        put?: never;
        /**
         * Goes through everything that a rule is about. It begins within a second or so.
         * @description For: Administrators.
         */
        post: operations["startReplication"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The repositories that hold images and that the caller may pull from.
         * @description For: Whoever is signed in; on an open registry anybody.
         */
        get: operations["listRepositories"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One repository.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["getRepository"];
        put?: never;
        post?: never;
        /**
         * Deletes a repository with all that is in it. It can be restored until the date in the answer.
         * @description For: Whoever may delete in the repository.
         */
        delete: operations["deleteRepository"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What changed between two images: configuration, layers, packages, vulnerabilities, how many files.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["compareImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/compare/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Files that came, went or changed from one image to another, by path. Neither need have been scanned.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["compareFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every move of the tags of a repository, newest first.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["listHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/images/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One image or index: what it consists of, its configuration and its history.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["getImage"];
        put?: never;
        post?: never;
        /**
         * Deletes an image, by its digest, with all its tags. It can be restored until the date in the answer.
         * @description For: Whoever may delete in the repository.
         */
        delete: operations["deleteImage"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/images/{reference}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The bytes of one file of an image, or of one layer of it. One range of them may be asked for.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["readFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/images/{reference}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A folder of an image, or of one layer of it; or files anywhere in it by a part of their path.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["listFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/images/{reference}/inventory": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is inside of an image: its packages by package URL, its system, its configuration.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["getInventory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/images/{reference}/referrers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What says that it is about this image (signatures, bills of materials), by digest.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["listReferrers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/images/{reference}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The vulnerabilities of an image, and how far the report can be trusted.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["getReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/images/{reference}/reports/{scanner}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What another scanner last said of an image, as it came.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["getScannerReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/images/{reference}/sbom": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A bill of materials of an image: CycloneDX 1.6 or SPDX 2.3, JSON.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["getSbom"];
        put?: never;
        /**
         * Attaches a bill of materials to an image, as a referrer that clients find.
         * @description For: Whoever may push in the repository.
         */
        post: operations["attachSbom"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/images/{reference}/sboms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Bills of materials that others attached to an image, and what they say that it holds.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["listAttachedSboms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/images/{reference}/scan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Has an image looked into again, soon. What was found in its layers is used unless that failed.
         * @description For: Whoever may push in the repository.
         */
        post: operations["scanImage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/images/{reference}/signatures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Signatures of an image and signed statements about it: by whom, when, and who in its project trusts them.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["listSignatures"];
        put?: never;
        /**
         * Looks at them again now, although nothing is known to have changed.
         * @description For: Whoever may push in the repository.
         */
        post: operations["verifySignatures"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/images/{reference}/verdict": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each rule of its project says of an image.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["explainVerdict"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/preview-delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What deleting tags with what only they name, or manifests, or the whole repository would free.
         * @description For: Whoever may delete in the repository.
         */
        post: operations["previewDelete"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/promotions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Copies an image of another repository of this registry into this one, without moving its bytes.
         * @description For: Whoever may push in the repository.
         */
        post: operations["promote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The tags of a repository.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["listTags"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/tags/{tag}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One tag.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["getTag"];
        /**
         * Sets a tag to a manifest that is in the repository. To move one that is there takes "overwrite".
         * @description For: Whoever may push in the repository.
         */
        put: operations["setTag"];
        post?: never;
        /**
         * Deletes a tag; what it named stays for as long as gc.untagged says, and its history stays.
         * @description For: Whoever may delete in the repository.
         */
        delete: operations["deleteTag"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/tags/{tag}/expiry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Says when a tag goes by itself. It holds until the tag names something else.
         * @description For: Whoever may delete in the repository.
         */
        put: operations["expireTag"];
        post?: never;
        /**
         * Takes the date from a tag.
         * @description For: Whoever may delete in the repository.
         */
        delete: operations["keepTag"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/tags/{tag}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Why a tag stays or goes, and when. Who uses it is said to those who have rights in the project.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["explainTag"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/tags/{tag}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A deleted tag names again what it named last.
         * @description For: Whoever may delete in the repository.
         */
        post: operations["restoreTag"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/tags/{tag}/roll-back": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A tag names again what it named before. If that was deleted, it takes "delete" too, and it comes back.
         * @description For: Whoever may overwrite in the repository.
         */
        post: operations["rollBackTag"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/repositories/{repository}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The tags of a repository that hold most alone; 50 at most.
         * @description For: Whoever may pull in the repository.
         */
        get: operations["getRepositoryUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/robots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Robot accounts, without their secrets.
         * @description For: Administrators and auditors.
         */
        get: operations["listRobot"];
        put?: never;
        /**
         * Makes a robot account. It may do nothing until it is granted something.
         * @description For: Administrators.
         */
        post: operations["createRobot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/robots/{robot}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One robot account.
         * @description For: Administrators and auditors.
         */
        get: operations["getRobot"];
        put?: never;
        post?: never;
        /**
         * Removes a robot account.
         * @description For: Administrators.
         */
        delete: operations["removeRobot"];
        options?: never;
        head?: never;
        /**
         * Disables, enables or prolongs a robot account, or takes it over: its rights are then bounded by the caller’s.
         * @description For: Administrators.
         */
        patch: operations["changeRobot"];
        trace?: never;
    };
    "/robots/{robot}/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gives a robot account a new secret; the old one is void at once.
         * @description For: Administrators.
         */
        post: operations["rotateRobotSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/robots/{robot}/trust": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which workloads are this robot.
         * @description For: Administrators and auditors.
         */
        get: operations["listRobotTrust"];
        put?: never;
        /**
         * Makes workloads whose token says this the robot.
         * @description For: Administrators.
         */
        post: operations["addRobotTrust"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/robots/{robot}/trust/{rule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Removes such a rule.
         * @description For: Administrators.
         */
        delete: operations["removeRobotTrust"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scanners": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The scanners besides this registry’s own, by name.
         * @description For: Administrators and auditors.
         */
        get: operations["listScanners"];
        put?: never;
        /**
         * Makes a scanner with Harbor’s adapter API known. Commands on the server are made known by "berth scanner add", by whoever may run commands there.
         * @description For: Administrators.
         */
        post: operations["addScanner"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scanners/{scanner}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Forgets a scanner, and what it found.
         * @description For: Administrators.
         */
        delete: operations["removeScanner"];
        options?: never;
        head?: never;
        /**
         * Whether a scanner is asked, and what it found counts.
         * @description For: Administrators.
         */
        patch: operations["changeScanner"];
        trace?: never;
    };
    "/scanners/{scanner}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Asks a scanner who it is, and how old its data is.
         * @description For: Administrators.
         */
        post: operations["testScanner"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scrub": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether stored bytes are what they were: how far they were read again, and which are damaged.
         * @description For: Administrators and auditors.
         */
        get: operations["getScrub"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Repositories, tags, digests, labels, annotations, packages and vulnerabilities that begin with, or have, what is searched for, among what the caller may pull.
         * @description For: Whoever is signed in.
         */
        get: operations["search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The configuration in force, key by key, with what each is for and where it is from. Without secrets.
         * @description For: Administrators and auditors.
         */
        get: operations["listSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What projects, and the whole registry, get from other registries, in the order in which they are asked.
         * @description For: Administrators and auditors.
         */
        get: operations["listSources"];
        put?: never;
        /**
         * Lets a project, or the whole registry, get from a remote what it does not have. The last to be asked.
         * @description For: Administrators.
         */
        post: operations["addSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sources/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One source.
         * @description For: Administrators and auditors.
         */
        get: operations["getSource"];
        put?: never;
        post?: never;
        /**
         * Nothing more comes from there. What was pulled through it stays.
         * @description For: Administrators.
         */
        delete: operations["removeSource"];
        options?: never;
        head?: never;
        /**
         * Changes a source; what is not said stays as it is. It leads where it did: another remote is another source.
         * @description For: Administrators.
         */
        patch: operations["changeSource"];
        trace?: never;
    };
    "/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What this server is and what it holds: version, database, storage, counts, health.
         * @description For: Administrators and auditors.
         */
        get: operations["getSystem"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the whole registry holds, what sharing saves, what waits to go, and who holds most.
         * @description For: Administrators and auditors.
         */
        get: operations["getRegistryUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/usage/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the whole registry held day by day, oldest first; days without a look are absent.
         * @description For: Administrators and auditors.
         */
        get: operations["listRegistryUsageHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The users, by name.
         * @description For: Administrators and auditors.
         */
        get: operations["listUsers"];
        put?: never;
        /**
         * Adds a user. Without a password the user signs in elsewhere only.
         * @description For: Administrators.
         */
        post: operations["createUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One user, with groups and with where else it signs in.
         * @description For: Administrators and auditors.
         */
        get: operations["getUser"];
        put?: never;
        post?: never;
        /**
         * Removes a user, with grants, keys and sessions.
         * @description For: Administrators.
         */
        delete: operations["removeUser"];
        options?: never;
        head?: never;
        /**
         * Changes a user. Another password, or disabling, ends all sessions and tokens.
         * @description For: Administrators.
         */
        patch: operations["changeUser"];
        trace?: never;
    };
    "/users/{user}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A user’s API keys, without their secrets.
         * @description For: Administrators and auditors.
         */
        get: operations["listUserKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user}/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Removes an API key of a user.
         * @description For: Administrators.
         */
        delete: operations["removeUserKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user}/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends all sessions and tokens of a user.
         * @description For: Administrators.
         */
        post: operations["signOutUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/vulnerability-data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which vulnerability data this server has, and how old it is.
         * @description For: Whoever is signed in.
         */
        get: operations["getVulnerabilityData"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is told of events, without their secrets.
         * @description For: Administrators.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Tells an address of what happens from now on.
         * @description For: Administrators.
         */
        post: operations["addWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{webhook}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One webhook.
         * @description For: Administrators.
         */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /**
         * Tells it nothing any more.
         * @description For: Administrators.
         */
        delete: operations["removeWebhook"];
        options?: never;
        head?: never;
        /**
         * Changes a webhook. What is not said stays.
         * @description For: Administrators.
         */
        patch: operations["changeWebhook"];
        trace?: never;
    };
    "/webhooks/{webhook}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was sent lately, newest first; "dead": given up after a day.
         * @description For: Administrators.
         */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{webhook}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends one that was given up again, or everything after a cursor of the feed, in order.
         * @description For: Administrators.
         */
        post: operations["replayWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{webhook}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends it a push that never was, with the number 0.
         * @description For: Administrators.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Problem: {
            detail: string;
            requestId?: string;
            status: number;
            title: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    explainAccess: {
        parameters: {
            query: {
                action: "pull" | "push" | "overwrite" | "delete" | "protect" | "manage";
                repository: string;
                who?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        allowed: boolean;
                        considered: string[];
                        rule: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAdoptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Repositories that were read in this round. */
                            done: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            endedAt?: string;
                            manifests: number;
                            /** @description As the configuration names it. */
                            place: string;
                            /** @description Why the place cannot be read at the moment. */
                            problem?: string;
                            /** @description Tags and manifests that could not be adopted. */
                            problems: number;
                            repositories: number;
                            /** @description How many times it was looked at, this one included. */
                            round: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                            /**
                             * @description Its repositories are being listed; are being read; are all known, and the place is not asked any more.
                             * @enum {string}
                             */
                            state: "listing" | "reading" | "done";
                            tags: number;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    adoptAgain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                place: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAdoptionProblems: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                place: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            problem: string;
                            repository: string;
                            /** @description A tag, or the digest of a manifest. */
                            subject: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                action?: string;
                actor?: string;
                before?: number;
                limit?: number;
                outcome?: "done" | "refused";
                since?: string;
                target?: string;
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            action: string;
                            actor: {
                                address: string;
                                id: string;
                                name: string;
                            };
                            detail: unknown;
                            /** @description Of this row and the one before: the chain that "berth audit verify" checks. */
                            hash: string;
                            id: number;
                            outcome: string;
                            target: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            time: string;
                        }[];
                        next?: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeletions: {
        parameters: {
            query?: {
                before?: number;
                limit?: number;
                project?: string;
                repository?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            actor: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            deletedAt: string;
                            id: number;
                            /**
                             * @description Why it was deleted.
                             * @enum {string}
                             */
                            kind: "manifest" | "repository" | "retention" | "expired" | "untagged";
                            /** @description How many of them are in the recycle bin. */
                            manifests: number;
                            reason: string;
                            /** @description Name of a repository; a slash in it is written %2F in a path. */
                            repository: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            restorableUntil: string;
                        }[];
                        next?: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDeletion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                deletion: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actor: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        deletedAt: string;
                        /** @description Of its manifests, the first 100. */
                        digests: string[];
                        id: number;
                        /**
                         * @description Why it was deleted.
                         * @enum {string}
                         */
                        kind: "manifest" | "repository" | "retention" | "expired" | "untagged";
                        /** @description How many of them are in the recycle bin. */
                        manifests: number;
                        reason: string;
                        /** @description Name of a repository; a slash in it is written %2F in a path. */
                        repository: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        restorableUntil: string;
                        /** @description That it took along, the first 100. */
                        tags: {
                            digest: string;
                            tag: string;
                        }[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    purgeDeletion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                deletion: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restoreDeletion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                deletion: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Another name, for a repository that was deleted as a whole. */
                    to?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        manifests: number;
                        /** @description Name of a repository; a slash in it is written %2F in a path. */
                        repository: string;
                        /** @description Tags that are there again and name something else: they stay as they are. */
                        skippedTags: {
                            digest: string;
                            tag: string;
                        }[];
                        tags: string[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                limit?: number;
                project?: string;
                repository?: string;
                since?: string;
                type?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Where to go on: pass it as "since". There also when there is nothing new. */
                        cursor: string;
                        items: {
                            /** @description For whoever may push there. */
                            actor?: {
                                id: string;
                                name: string;
                            };
                            /** @description Resumes after this event. */
                            cursor: string;
                            /** @description For administrators and auditors. */
                            detail?: {
                                [key: string]: unknown;
                            };
                            digest?: string;
                            id: number;
                            repository?: string;
                            tags?: string[];
                            target: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            time: string;
                            /** @description What happened: manifest.pushed, tag.moved, project.created. */
                            type: string;
                        }[];
                        /** @description Whether there may be more right now. */
                        more: boolean;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followEvents: {
        parameters: {
            query?: {
                project?: string;
                repository?: string;
                since?: string;
                type?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCollector: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        total?: {
                            blobsCollected: number;
                            bytesFreed: number;
                            linksReviewed: number;
                            manifestsBinned: number;
                            manifestsPurged: number;
                            objectsRemoved: number;
                        };
                        waiting: {
                            /** @description Blobs that no repository may need. */
                            blobs: number;
                            /** @description In the recycle bin. */
                            deletions: number;
                            /** @description Blobs in a repository, until a manifest names them or their lease is over. */
                            links: number;
                            /** @description Without a name, until their time is over. */
                            manifests: number;
                            /** @description Of these three, those whose time has come. */
                            overdue: number;
                            trashBytes: number;
                            trashObjects: number;
                        };
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        workedAt?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runCollector: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        blobsCollected: number;
                        bytesFreed: number;
                        finished: boolean;
                        linksReviewed: number;
                        manifestsBinned: number;
                        manifestsPurged: number;
                        objectsRemoved: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listGroups: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Whether a provider decides who is in it. */
                            external: boolean;
                            /** @description Name of a group; a provider’s is PROVIDER:NAME. */
                            name: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createGroup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Name of a group; a provider’s is PROVIDER:NAME. */
                    name: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Whether a provider decides who is in it. */
                        external: boolean;
                        /** @description Name of a group; a provider’s is PROVIDER:NAME. */
                        name: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getGroup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Whether a provider decides who is in it. */
                        external: boolean;
                        members: string[];
                        /** @description Name of a group; a provider’s is PROVIDER:NAME. */
                        name: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeGroup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addGroupMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeGroupMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listJobs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description What it does, in a sentence. */
                            about: string;
                            /** @description Somebody wants it to run, and it is about to. */
                            asked: boolean;
                            everySeconds: number;
                            /** @description It runs in every server; others run in one of them at a time. */
                            everywhere: boolean;
                            /** @description To within a minute; absent: it never ran. */
                            lastRun?: {
                                /** @description Somebody wanted it then; otherwise it was its turn. */
                                asked: boolean;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC.
                                 */
                                endedAt: string;
                                /**
                                 * @description "lost": its server ended in the middle; the next run does what was left.
                                 * @enum {string}
                                 */
                                outcome: "done" | "failed" | "cancelled" | "lost";
                                /** @description Why it failed. */
                                problem?: string;
                                /** @description The host that ran it. */
                                server: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC.
                                 */
                                startedAt: string;
                            };
                            name: string;
                            /**
                             * Format: date-time
                             * @description When its turn is next, about.
                             */
                            nextAt: string;
                            /** @description Absent: it does not run now, or did not for a second. */
                            running?: {
                                /** @description Somebody wanted it then; otherwise it was its turn. */
                                asked: boolean;
                                /** @description Of jobs that tell. */
                                progress?: {
                                    done: number;
                                    /** @description Absent: nobody knows how many there are. */
                                    of?: number;
                                    /** @description Of what: images, projects, … */
                                    what: string;
                                };
                                /** @description The host that ran it. */
                                server: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC.
                                 */
                                startedAt: string;
                            };
                        }[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description What it does, in a sentence. */
                        about: string;
                        /** @description Somebody wants it to run, and it is about to. */
                        asked: boolean;
                        everySeconds: number;
                        /** @description It runs in every server; others run in one of them at a time. */
                        everywhere: boolean;
                        /** @description To within a minute; absent: it never ran. */
                        lastRun?: {
                            /** @description Somebody wanted it then; otherwise it was its turn. */
                            asked: boolean;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            endedAt: string;
                            /**
                             * @description "lost": its server ended in the middle; the next run does what was left.
                             * @enum {string}
                             */
                            outcome: "done" | "failed" | "cancelled" | "lost";
                            /** @description Why it failed. */
                            problem?: string;
                            /** @description The host that ran it. */
                            server: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                        };
                        name: string;
                        /**
                         * Format: date-time
                         * @description When its turn is next, about.
                         */
                        nextAt: string;
                        /** @description Absent: it does not run now, or did not for a second. */
                        running?: {
                            /** @description Somebody wanted it then; otherwise it was its turn. */
                            asked: boolean;
                            /** @description Of jobs that tell. */
                            progress?: {
                                done: number;
                                /** @description Absent: nobody knows how many there are. */
                                of?: number;
                                /** @description Of what: images, projects, … */
                                what: string;
                            };
                            /** @description The host that ran it. */
                            server: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                        };
                        /** @description The last 20, newest first; of jobs that run often only those that took long, failed or were asked for. */
                        runs: {
                            /** @description Somebody wanted it then; otherwise it was its turn. */
                            asked: boolean;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            endedAt: string;
                            /**
                             * @description "lost": its server ended in the middle; the next run does what was left.
                             * @enum {string}
                             */
                            outcome: "done" | "failed" | "cancelled" | "lost";
                            /** @description Why it failed. */
                            problem?: string;
                            /** @description The host that ran it. */
                            server: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                        }[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description What it does, in a sentence. */
                        about: string;
                        /** @description Somebody wants it to run, and it is about to. */
                        asked: boolean;
                        everySeconds: number;
                        /** @description It runs in every server; others run in one of them at a time. */
                        everywhere: boolean;
                        /** @description To within a minute; absent: it never ran. */
                        lastRun?: {
                            /** @description Somebody wanted it then; otherwise it was its turn. */
                            asked: boolean;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            endedAt: string;
                            /**
                             * @description "lost": its server ended in the middle; the next run does what was left.
                             * @enum {string}
                             */
                            outcome: "done" | "failed" | "cancelled" | "lost";
                            /** @description Why it failed. */
                            problem?: string;
                            /** @description The host that ran it. */
                            server: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                        };
                        name: string;
                        /**
                         * Format: date-time
                         * @description When its turn is next, about.
                         */
                        nextAt: string;
                        /** @description Absent: it does not run now, or did not for a second. */
                        running?: {
                            /** @description Somebody wanted it then; otherwise it was its turn. */
                            asked: boolean;
                            /** @description Of jobs that tell. */
                            progress?: {
                                done: number;
                                /** @description Absent: nobody knows how many there are. */
                                of?: number;
                                /** @description Of what: images, projects, … */
                                what: string;
                            };
                            /** @description The host that ran it. */
                            server: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                        };
                        /** @description The last 20, newest first; of jobs that run often only those that took long, failed or were asked for. */
                        runs: {
                            /** @description Somebody wanted it then; otherwise it was its turn. */
                            asked: boolean;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            endedAt: string;
                            /**
                             * @description "lost": its server ended in the middle; the next run does what was left.
                             * @enum {string}
                             */
                            outcome: "done" | "failed" | "cancelled" | "lost";
                            /** @description Why it failed. */
                            problem?: string;
                            /** @description The host that ran it. */
                            server: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                        }[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description What it does, in a sentence. */
                        about: string;
                        /** @description Somebody wants it to run, and it is about to. */
                        asked: boolean;
                        everySeconds: number;
                        /** @description It runs in every server; others run in one of them at a time. */
                        everywhere: boolean;
                        /** @description To within a minute; absent: it never ran. */
                        lastRun?: {
                            /** @description Somebody wanted it then; otherwise it was its turn. */
                            asked: boolean;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            endedAt: string;
                            /**
                             * @description "lost": its server ended in the middle; the next run does what was left.
                             * @enum {string}
                             */
                            outcome: "done" | "failed" | "cancelled" | "lost";
                            /** @description Why it failed. */
                            problem?: string;
                            /** @description The host that ran it. */
                            server: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                        };
                        name: string;
                        /**
                         * Format: date-time
                         * @description When its turn is next, about.
                         */
                        nextAt: string;
                        /** @description Absent: it does not run now, or did not for a second. */
                        running?: {
                            /** @description Somebody wanted it then; otherwise it was its turn. */
                            asked: boolean;
                            /** @description Of jobs that tell. */
                            progress?: {
                                done: number;
                                /** @description Absent: nobody knows how many there are. */
                                of?: number;
                                /** @description Of what: images, projects, … */
                                what: string;
                            };
                            /** @description The host that ran it. */
                            server: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                        };
                        /** @description The last 20, newest first; of jobs that run often only those that took long, failed or were asked for. */
                        runs: {
                            /** @description Somebody wanted it then; otherwise it was its turn. */
                            asked: boolean;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            endedAt: string;
                            /**
                             * @description "lost": its server ended in the middle; the next run does what was left.
                             * @enum {string}
                             */
                            outcome: "done" | "failed" | "cancelled" | "lost";
                            /** @description Why it failed. */
                            problem?: string;
                            /** @description The host that ran it. */
                            server: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                        }[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description For a browser’s session: what X-CSRF-Token of its changes has to be. */
                        csrf?: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        expiresAt?: string;
                        groups: string[];
                        /** @enum {string} */
                        kind: "user" | "robot";
                        name: string;
                        /** @enum {string} */
                        systemRole: "administrator" | "auditor" | "none";
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMyKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            expiresAt: string;
                            id: string;
                            name: string;
                            /** @description Absent: everything its owner may do. */
                            scopes?: {
                                actions: string[];
                                pattern: string;
                            }[];
                            /**
                             * Format: date-time
                             * @description To the hour.
                             */
                            usedAt?: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createMyKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description 90 when absent. */
                    expiresInDays?: number;
                    name: string;
                    /** @description Repositories by name ("*" any characters but a slash, "**" any) and what may be done there; absent: everything its owner may do. */
                    scopes?: {
                        /** @description A role (reader, writer, maintainer, owner), or actions with commas between them: pull, push, overwrite, delete, protect, manage. */
                        allows: string;
                        pattern: string;
                    }[];
                };
            };
        };
        responses: {
            /** @description The answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        expiresAt: string;
                        id: string;
                        secret: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeMyKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeMyPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    new: string;
                    old: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMySessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            client: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            expiresAt: string;
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            usedAt: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endMySession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listNamespaces: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Names that belong to no project mean this one too. */
                            default: boolean;
                            /** @description What images begin with, and clients say in ?ns=: docker.io. */
                            name: string;
                            /** @description Name of a project; a slash in it is written %2F in a path. */
                            project: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getNamespace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Names that belong to no project mean this one too. */
                        default: boolean;
                        /** @description What images begin with, and clients say in ?ns=: docker.io. */
                        name: string;
                        /** @description Name of a project; a slash in it is written %2F in a path. */
                        project: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setNamespace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Names that belong to no project mean this one too. */
                    default?: boolean;
                    /** @description Name of a project; a slash in it is written %2F in a path. */
                    project: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Names that belong to no project mean this one too. */
                        default: boolean;
                        /** @description What images begin with, and clients say in ?ns=: docker.io. */
                        name: string;
                        /** @description Name of a project; a slash in it is written %2F in a path. */
                        project: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeNamespace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    findPackages: {
        parameters: {
            query?: {
                after?: string;
                below?: string;
                limit?: number;
                name?: string;
                type?: "deb" | "apk" | "rpm" | "npm" | "pypi" | "golang" | "cargo" | "maven" | "gem" | "nuget" | "composer";
                vulnerability?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            digest: string;
                            name: string;
                            purl: string;
                            repository: string;
                            tags: string[];
                            type: string;
                            version: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listProjects: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            /** @description Name of a project; a slash in it is written %2F in a path. */
                            name: string;
                            public: boolean;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createProject: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Name of a project; a slash in it is written %2F in a path. */
                    name: string;
                    public?: boolean;
                };
            };
        };
        responses: {
            /** @description The answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /** @description Name of a project; a slash in it is written %2F in a path. */
                        name: string;
                        public: boolean;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /** @description What the caller may do here, now. */
                        may: ("pull" | "push" | "overwrite" | "delete" | "protect" | "manage")[];
                        /** @description Name of a project; a slash in it is written %2F in a path. */
                        name: string;
                        public: boolean;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    public: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listExceptions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            createdBy: string;
                            /**
                             * Format: date-time
                             * @description Within a year: somebody looks at it again.
                             */
                            expiresAt: string;
                            id: number;
                            /** @description Name of the package; empty: any. */
                            package: string;
                            reason: string;
                            /** @description Pattern of repository names below the project; empty: all. */
                            repositories: string;
                            /** @description As findings name it: CVE-2024-3094. */
                            vulnerability: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addException: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: date-time */
                    expiresAt: string;
                    /** @description Name of the package; empty: any. */
                    package?: string;
                    reason: string;
                    /** @description Pattern of repository names below the project; empty: all. */
                    repositories?: string;
                    /** @description As findings name it: CVE-2024-3094. */
                    vulnerability: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        createdBy: string;
                        /**
                         * Format: date-time
                         * @description Within a year: somebody looks at it again.
                         */
                        expiresAt: string;
                        id: number;
                        /** @description Name of the package; empty: any. */
                        package: string;
                        reason: string;
                        /** @description Pattern of repository names below the project; empty: all. */
                        repositories: string;
                        /** @description As findings name it: CVE-2024-3094. */
                        vulnerability: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeException: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exception: number;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listExemptions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            createdBy: string;
                            digest?: string;
                            ended: boolean;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            expiresAt: string;
                            id: number;
                            /** @description How people call it, once in a project. */
                            name: string;
                            /** @description Why, for whoever looks at it later. */
                            reason: string;
                            /**
                             * @description Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.
                             * @default
                             */
                            repositories: string;
                            /** @description Name of the policy; absent: every one of the project. */
                            rule?: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addExemption: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Of an image, or of an index with all that it lists; absent: every image. */
                    digest?: string;
                    /**
                     * Format: date-time
                     * @description When it ends, in a year at the latest; it can be made anew.
                     */
                    expiresAt: string;
                    /** @description How people call it, once in a project. */
                    name: string;
                    /** @description Why, for whoever looks at it later. */
                    reason: string;
                    /**
                     * @description Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.
                     * @default
                     */
                    repositories?: string;
                    /** @description Name of the policy; absent: every one of the project. */
                    rule?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        createdBy: string;
                        digest?: string;
                        ended: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        expiresAt: string;
                        id: number;
                        /** @description How people call it, once in a project. */
                        name: string;
                        /** @description Why, for whoever looks at it later. */
                        reason: string;
                        /**
                         * @description Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.
                         * @default
                         */
                        repositories: string;
                        /** @description Name of the policy; absent: every one of the project. */
                        rule?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeExemption: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exemption: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listGrants: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description A role (reader, writer, maintainer, owner), or actions with commas between them: pull, push, overwrite, delete, protect, manage. */
                            allows: string;
                            id: number;
                            /** @description Of repository names below the project; empty: the whole project. */
                            pattern: string;
                            /** @description user:NAME, group:NAME or robot:NAME. */
                            subject: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addGrant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description A role (reader, writer, maintainer, owner), or actions with commas between them: pull, push, overwrite, delete, protect, manage. */
                    allows: string;
                    /** @description Of repository names below the project; empty: the whole project. */
                    pattern?: string;
                    /** @description user:NAME, group:NAME or robot:NAME. */
                    subject: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeGrant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                grant: number;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listImmutabilityRules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            id: number;
                            /** @description Pattern of repository names below the project; empty: all. */
                            repositories: string;
                            /** @description Which tags: "v*,release-*", "regex:v\d+", "semver:>=1.2 <2" or "semver-pre:…"; "!" before it: all others. */
                            tags: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addImmutabilityRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Pattern of repository names below the project; empty: all. */
                    repositories?: string;
                    /** @description Which tags: "v*,release-*", "regex:v\d+", "semver:>=1.2 <2" or "semver-pre:…"; "!" before it: all others. */
                    tags: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        id: number;
                        /** @description Pattern of repository names below the project; empty: all. */
                        repositories: string;
                        /** @description Which tags: "v*,release-*", "regex:v\d+", "semver:>=1.2 <2" or "semver-pre:…"; "!" before it: all others. */
                        tags: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeImmutabilityRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                rule: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPolicies: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Absent: a newer version of the registry wrote it, and the image is refused. */
                            check?: {
                                /**
                                 * @description Only findings for which there is a fixed version.
                                 * @default false
                                 */
                                fixAvailable: boolean;
                                /**
                                 * @description A finding counts so many days after it was first found here.
                                 * @default 0
                                 */
                                graceDays: number;
                                /** @constant */
                                kind: "vulnerabilities";
                                /**
                                 * @description Findings at or above it count; those that are suppressed do not.
                                 * @enum {string}
                                 */
                                severity: "unknown" | "negligible" | "low" | "medium" | "high" | "critical";
                                /**
                                 * @description What findings count for that nobody has rated: as much as the others, a warning, nothing.
                                 * @default warn
                                 * @enum {string}
                                 */
                                unrated: "count" | "warn" | "ignore";
                                /**
                                 * @description What becomes of images about which nothing can be said: not scanned yet, or not understood.
                                 * @default warn
                                 * @enum {string}
                                 */
                                unscanned: "allow" | "warn" | "refuse";
                            } | {
                                /** @description Names of trust anchors of the project. */
                                anchors: string[];
                                /** @constant */
                                kind: "signatures";
                                /**
                                 * @description Whether one of the anchors is enough.
                                 * @default any
                                 * @enum {string}
                                 */
                                require: "any" | "all";
                            } | {
                                /** @description Names of trust anchors of the project. */
                                anchors: string[];
                                /** @constant */
                                kind: "attestations";
                                /** @description What is attested: https://slsa.dev/provenance/v1 */
                                predicateType: string;
                                /**
                                 * @description Whether one of the anchors is enough.
                                 * @default any
                                 * @enum {string}
                                 */
                                require: "any" | "all";
                            } | {
                                /** @constant */
                                kind: "labels";
                                /** @description Labels of the image and the pattern of their values; "*" alone: any but the empty one. */
                                required: {
                                    [key: string]: string;
                                };
                            } | {
                                /**
                                 * @description Patterns of the name that the image says it was built upon, or digests of such images.
                                 * @default []
                                 */
                                allow: string[];
                                /** @constant */
                                kind: "base";
                                /**
                                 * @description Patterns of repositories of the same project: an image that begins with all layers of one there passes.
                                 * @default []
                                 */
                                layersOf: string[];
                            } | {
                                /** @constant */
                                kind: "age";
                                /** @description Days since the image was made. */
                                maxDays: number;
                            };
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            createdBy: string;
                            /**
                             * @description user:NAME or robot:NAME, whom it does not hold for: scanners, replication.
                             * @default []
                             */
                            except: string[];
                            id: number;
                            /**
                             * @description "off": it is not looked at. "warn": clients are told. "enforce": the image is refused.
                             * @default warn
                             * @enum {string}
                             */
                            mode: "off" | "warn" | "enforce";
                            /** @description How people call it, once in a project. */
                            name: string;
                            /**
                             * @description It is asked when images are pushed and tags moved, too, not only at pulls.
                             * @default false
                             */
                            push: boolean;
                            /**
                             * @description Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.
                             * @default
                             */
                            repositories: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    check: {
                        /**
                         * @description Only findings for which there is a fixed version.
                         * @default false
                         */
                        fixAvailable?: boolean;
                        /**
                         * @description A finding counts so many days after it was first found here.
                         * @default 0
                         */
                        graceDays?: number;
                        /** @constant */
                        kind: "vulnerabilities";
                        /**
                         * @description Findings at or above it count; those that are suppressed do not.
                         * @enum {string}
                         */
                        severity: "unknown" | "negligible" | "low" | "medium" | "high" | "critical";
                        /**
                         * @description What findings count for that nobody has rated: as much as the others, a warning, nothing.
                         * @default warn
                         * @enum {string}
                         */
                        unrated?: "count" | "warn" | "ignore";
                        /**
                         * @description What becomes of images about which nothing can be said: not scanned yet, or not understood.
                         * @default warn
                         * @enum {string}
                         */
                        unscanned?: "allow" | "warn" | "refuse";
                    } | {
                        /** @description Names of trust anchors of the project. */
                        anchors: string[];
                        /** @constant */
                        kind: "signatures";
                        /**
                         * @description Whether one of the anchors is enough.
                         * @default any
                         * @enum {string}
                         */
                        require?: "any" | "all";
                    } | {
                        /** @description Names of trust anchors of the project. */
                        anchors: string[];
                        /** @constant */
                        kind: "attestations";
                        /** @description What is attested: https://slsa.dev/provenance/v1 */
                        predicateType: string;
                        /**
                         * @description Whether one of the anchors is enough.
                         * @default any
                         * @enum {string}
                         */
                        require?: "any" | "all";
                    } | {
                        /** @constant */
                        kind: "labels";
                        /** @description Labels of the image and the pattern of their values; "*" alone: any but the empty one. */
                        required: {
                            [key: string]: string;
                        };
                    } | {
                        /**
                         * @description Patterns of the name that the image says it was built upon, or digests of such images.
                         * @default []
                         */
                        allow?: string[];
                        /** @constant */
                        kind: "base";
                        /**
                         * @description Patterns of repositories of the same project: an image that begins with all layers of one there passes.
                         * @default []
                         */
                        layersOf?: string[];
                    } | {
                        /** @constant */
                        kind: "age";
                        /** @description Days since the image was made. */
                        maxDays: number;
                    };
                    /**
                     * @description user:NAME or robot:NAME, whom it does not hold for: scanners, replication.
                     * @default []
                     */
                    except?: string[];
                    /**
                     * @description "off": it is not looked at. "warn": clients are told. "enforce": the image is refused.
                     * @default warn
                     * @enum {string}
                     */
                    mode?: "off" | "warn" | "enforce";
                    /** @description How people call it, once in a project. */
                    name: string;
                    /**
                     * @description It is asked when images are pushed and tags moved, too, not only at pulls.
                     * @default false
                     */
                    push?: boolean;
                    /**
                     * @description Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.
                     * @default
                     */
                    repositories?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Absent: a newer version of the registry wrote it, and the image is refused. */
                        check?: {
                            /**
                             * @description Only findings for which there is a fixed version.
                             * @default false
                             */
                            fixAvailable: boolean;
                            /**
                             * @description A finding counts so many days after it was first found here.
                             * @default 0
                             */
                            graceDays: number;
                            /** @constant */
                            kind: "vulnerabilities";
                            /**
                             * @description Findings at or above it count; those that are suppressed do not.
                             * @enum {string}
                             */
                            severity: "unknown" | "negligible" | "low" | "medium" | "high" | "critical";
                            /**
                             * @description What findings count for that nobody has rated: as much as the others, a warning, nothing.
                             * @default warn
                             * @enum {string}
                             */
                            unrated: "count" | "warn" | "ignore";
                            /**
                             * @description What becomes of images about which nothing can be said: not scanned yet, or not understood.
                             * @default warn
                             * @enum {string}
                             */
                            unscanned: "allow" | "warn" | "refuse";
                        } | {
                            /** @description Names of trust anchors of the project. */
                            anchors: string[];
                            /** @constant */
                            kind: "signatures";
                            /**
                             * @description Whether one of the anchors is enough.
                             * @default any
                             * @enum {string}
                             */
                            require: "any" | "all";
                        } | {
                            /** @description Names of trust anchors of the project. */
                            anchors: string[];
                            /** @constant */
                            kind: "attestations";
                            /** @description What is attested: https://slsa.dev/provenance/v1 */
                            predicateType: string;
                            /**
                             * @description Whether one of the anchors is enough.
                             * @default any
                             * @enum {string}
                             */
                            require: "any" | "all";
                        } | {
                            /** @constant */
                            kind: "labels";
                            /** @description Labels of the image and the pattern of their values; "*" alone: any but the empty one. */
                            required: {
                                [key: string]: string;
                            };
                        } | {
                            /**
                             * @description Patterns of the name that the image says it was built upon, or digests of such images.
                             * @default []
                             */
                            allow: string[];
                            /** @constant */
                            kind: "base";
                            /**
                             * @description Patterns of repositories of the same project: an image that begins with all layers of one there passes.
                             * @default []
                             */
                            layersOf: string[];
                        } | {
                            /** @constant */
                            kind: "age";
                            /** @description Days since the image was made. */
                            maxDays: number;
                        };
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        createdBy: string;
                        /**
                         * @description user:NAME or robot:NAME, whom it does not hold for: scanners, replication.
                         * @default []
                         */
                        except: string[];
                        id: number;
                        /**
                         * @description "off": it is not looked at. "warn": clients are told. "enforce": the image is refused.
                         * @default warn
                         * @enum {string}
                         */
                        mode: "off" | "warn" | "enforce";
                        /** @description How people call it, once in a project. */
                        name: string;
                        /**
                         * @description It is asked when images are pushed and tags moved, too, not only at pulls.
                         * @default false
                         */
                        push: boolean;
                        /**
                         * @description Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.
                         * @default
                         */
                        repositories: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removePolicy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                policy: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setPolicyMode: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                policy: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    mode: "off" | "warn" | "enforce";
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    check: {
                        /**
                         * @description Only findings for which there is a fixed version.
                         * @default false
                         */
                        fixAvailable?: boolean;
                        /**
                         * @description A finding counts so many days after it was first found here.
                         * @default 0
                         */
                        graceDays?: number;
                        /** @constant */
                        kind: "vulnerabilities";
                        /**
                         * @description Findings at or above it count; those that are suppressed do not.
                         * @enum {string}
                         */
                        severity: "unknown" | "negligible" | "low" | "medium" | "high" | "critical";
                        /**
                         * @description What findings count for that nobody has rated: as much as the others, a warning, nothing.
                         * @default warn
                         * @enum {string}
                         */
                        unrated?: "count" | "warn" | "ignore";
                        /**
                         * @description What becomes of images about which nothing can be said: not scanned yet, or not understood.
                         * @default warn
                         * @enum {string}
                         */
                        unscanned?: "allow" | "warn" | "refuse";
                    } | {
                        /** @description Names of trust anchors of the project. */
                        anchors: string[];
                        /** @constant */
                        kind: "signatures";
                        /**
                         * @description Whether one of the anchors is enough.
                         * @default any
                         * @enum {string}
                         */
                        require?: "any" | "all";
                    } | {
                        /** @description Names of trust anchors of the project. */
                        anchors: string[];
                        /** @constant */
                        kind: "attestations";
                        /** @description What is attested: https://slsa.dev/provenance/v1 */
                        predicateType: string;
                        /**
                         * @description Whether one of the anchors is enough.
                         * @default any
                         * @enum {string}
                         */
                        require?: "any" | "all";
                    } | {
                        /** @constant */
                        kind: "labels";
                        /** @description Labels of the image and the pattern of their values; "*" alone: any but the empty one. */
                        required: {
                            [key: string]: string;
                        };
                    } | {
                        /**
                         * @description Patterns of the name that the image says it was built upon, or digests of such images.
                         * @default []
                         */
                        allow?: string[];
                        /** @constant */
                        kind: "base";
                        /**
                         * @description Patterns of repositories of the same project: an image that begins with all layers of one there passes.
                         * @default []
                         */
                        layersOf?: string[];
                    } | {
                        /** @constant */
                        kind: "age";
                        /** @description Days since the image was made. */
                        maxDays: number;
                    };
                    /**
                     * @description user:NAME or robot:NAME, whom it does not hold for: scanners, replication.
                     * @default []
                     */
                    except?: string[];
                    /**
                     * @description How many to list.
                     * @default 100
                     */
                    limit?: number;
                    /**
                     * @description "off": it is not looked at. "warn": clients are told. "enforce": the image is refused.
                     * @default warn
                     * @enum {string}
                     */
                    mode?: "off" | "warn" | "enforce";
                    /** @description How people call it, once in a project. */
                    name: string;
                    /**
                     * @description It is asked when images are pushed and tags moved, too, not only at pulls.
                     * @default false
                     */
                    push?: boolean;
                    /**
                     * @description Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.
                     * @default
                     */
                    repositories?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description So many were looked at. */
                        images: number;
                        items: {
                            digest: string;
                            /** @enum {string} */
                            outcome: "warn" | "unknown" | "refuse";
                            repository: string;
                            tag: string;
                            text: string;
                        }[];
                        refused: number;
                        /** @description There is more than is listed, or than was looked at. */
                        truncated: boolean;
                        unknown: number;
                        warned: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listProtections: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Who uses the images: a cluster, a pipeline. */
                            holder: string;
                            /** @description How many manifests are protected. */
                            images: number;
                            /**
                             * Format: date-time
                             * @description When they are no longer protected, unless the holder says so again before.
                             */
                            until: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    protectImages: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                holder: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Seconds. */
                    for: number;
                    /** @description All of them, as "team/app@sha256:…" or "team/app:v1", without the registry’s host. */
                    images: string[];
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Who uses the images: a cluster, a pipeline. */
                        holder: string;
                        /** @description How many manifests are protected. */
                        images: number;
                        /** @description Of the images those that are not in this project. */
                        missing: string[];
                        /**
                         * Format: date-time
                         * @description When they are no longer protected, unless the holder says so again before.
                         */
                        until: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unprotectImages: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                holder: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getQuota: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        bytes: {
                            /** @description Of what counts, in the recycle bin: it goes when that is emptied. */
                            inBin: number;
                            /** @description Absent: none. */
                            limit?: number;
                            /** @description Of the limit, rounded down. */
                            percent?: number;
                            /** @description Set aside for uploads under way. */
                            reserved: number;
                            used: number;
                        };
                        /** @description Name of a project; a slash in it is written %2F in a path. */
                        project: string;
                        repositories: {
                            /** @description Absent: none. */
                            limit?: number;
                            /** @description Of the limit, rounded down. */
                            percent?: number;
                            used: number;
                        };
                        tags: {
                            /** @description Absent: none. */
                            limit?: number;
                            /** @description Of the limit, rounded down. */
                            percent?: number;
                            used: number;
                        };
                        /** @description At least 85 % of a limit are used. */
                        warning: boolean;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setQuota: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Of blobs, each once in the project, and manifests; what is deleted counts until it is gone for good. */
                    bytes?: number;
                    repositories?: number;
                    tags?: number;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        bytes: {
                            /** @description Of what counts, in the recycle bin: it goes when that is emptied. */
                            inBin: number;
                            /** @description Absent: none. */
                            limit?: number;
                            /** @description Of the limit, rounded down. */
                            percent?: number;
                            /** @description Set aside for uploads under way. */
                            reserved: number;
                            used: number;
                        };
                        /** @description Name of a project; a slash in it is written %2F in a path. */
                        project: string;
                        repositories: {
                            /** @description Absent: none. */
                            limit?: number;
                            /** @description Of the limit, rounded down. */
                            percent?: number;
                            used: number;
                        };
                        tags: {
                            /** @description Absent: none. */
                            limit?: number;
                            /** @description Of the limit, rounded down. */
                            percent?: number;
                            used: number;
                        };
                        /** @description At least 85 % of a limit are used. */
                        warning: boolean;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeQuota: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRetentionRules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            createdBy: string;
                            id: number;
                            /** @description Any one of these keeps a tag; with none of them every selected tag goes, unless another rule keeps it. */
                            keep?: {
                                /** @description The same of those pulled last; a tag that was never pulled is none of them. */
                                lastPulled?: number;
                                /** @description So many of the selected tags of a repository, those pushed last. */
                                lastPushed?: number;
                                /** @description Tags pulled in this time. */
                                pulledWithin?: string;
                                /** @description Tags pushed in this time, for example "30d". */
                                pushedWithin?: string;
                            };
                            /**
                             * @description Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.
                             * @default
                             */
                            repositories: string;
                            /** @description Which tags it is about: a glob, "regex:" RE2, "semver:" range, "!" before it for all others. */
                            tags?: string;
                            /** @description After which manifests without a name go in these repositories, instead of gc.untagged. */
                            untagged?: string | "never";
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addRetentionRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Any one of these keeps a tag; with none of them every selected tag goes, unless another rule keeps it. */
                    keep?: {
                        /** @description The same of those pulled last; a tag that was never pulled is none of them. */
                        lastPulled?: number;
                        /** @description So many of the selected tags of a repository, those pushed last. */
                        lastPushed?: number;
                        /** @description Tags pulled in this time. */
                        pulledWithin?: string;
                        /** @description Tags pushed in this time, for example "30d". */
                        pushedWithin?: string;
                    };
                    /**
                     * @description Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.
                     * @default
                     */
                    repositories?: string;
                    /** @description Which tags it is about: a glob, "regex:" RE2, "semver:" range, "!" before it for all others. */
                    tags?: string;
                    /** @description After which manifests without a name go in these repositories, instead of gc.untagged. */
                    untagged?: string | "never";
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeRetentionRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                rule: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewRetention: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description How many of each kind to list.
                     * @default 100
                     */
                    limit?: number;
                    rules?: {
                        /** @description Any one of these keeps a tag; with none of them every selected tag goes, unless another rule keeps it. */
                        keep?: {
                            /** @description The same of those pulled last; a tag that was never pulled is none of them. */
                            lastPulled?: number;
                            /** @description So many of the selected tags of a repository, those pushed last. */
                            lastPushed?: number;
                            /** @description Tags pulled in this time. */
                            pulledWithin?: string;
                            /** @description Tags pushed in this time, for example "30d". */
                            pushedWithin?: string;
                        };
                        /**
                         * @description Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.
                         * @default
                         */
                        repositories?: string;
                        /** @description Which tags it is about: a glob, "regex:" RE2, "semver:" range, "!" before it for all others. */
                        tags?: string;
                        /** @description After which manifests without a name go in these repositories, instead of gc.untagged. */
                        untagged?: string | "never";
                    }[];
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Free once they left the recycle bin: each blob once, and none that anything else needs, as far as the caller may see: what only repositories hold that he may not pull from counts as free, unless he is administrator or auditor. */
                        bytes: number;
                        items: {
                            keptTags: {
                                digest: string;
                                reason: string;
                                repository: string;
                                tag: string;
                            }[];
                            manifests: {
                                bytes: number;
                                digest: string;
                                repository: string;
                            }[];
                            tags: {
                                digest: string;
                                repository: string;
                                tag: string;
                            }[];
                        };
                        /** @description Wanted gone, but immutable or in use. */
                        keptTags: number;
                        manifests: number;
                        tags: number;
                        /** @description There are more than are listed; the numbers are of all. */
                        truncated: boolean;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runRetention: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Repositories in which it did not work. */
                        failed: string[];
                        items: {
                            deletion?: number;
                            manifests: number;
                            repository: string;
                            tags: number;
                        }[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listProjectRobot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            disabled: boolean;
                            /**
                             * Format: date-time
                             * @description Absent: never.
                             */
                            expiresAt?: string;
                            hasSecret: boolean;
                            /** @description Whose rights bound it; absent: the operator’s, who may do everything. */
                            maker?: string;
                            /** @description Full name of a robot: robot.PROJECT.NAME. */
                            name: string;
                            /**
                             * Format: date-time
                             * @description To the hour.
                             */
                            usedAt?: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createProjectRobot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description 90 when absent; null: never. */
                    expiresInDays?: number | null;
                    name: string;
                    /** @description It is known by workload tokens only. */
                    withoutSecret?: boolean;
                };
            };
        };
        responses: {
            /** @description The answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        expiresAt?: string;
                        /** @description Full name of a robot: robot.PROJECT.NAME. */
                        name: string;
                        /** @description Shown here and never again. */
                        secret?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getProjectRobot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                robot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        disabled: boolean;
                        /**
                         * Format: date-time
                         * @description Absent: never.
                         */
                        expiresAt?: string;
                        hasSecret: boolean;
                        /** @description Whose rights bound it; absent: the operator’s, who may do everything. */
                        maker?: string;
                        /** @description Full name of a robot: robot.PROJECT.NAME. */
                        name: string;
                        /**
                         * Format: date-time
                         * @description To the hour.
                         */
                        usedAt?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeProjectRobot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                robot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeProjectRobot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                robot: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    disabled?: boolean;
                    expiresInDays?: number;
                    takeOver?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateProjectRobotSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                robot: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    expiresInDays?: number;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        expiresAt?: string;
                        /** @description Full name of a robot: robot.PROJECT.NAME. */
                        name: string;
                        /** @description Shown here and never again. */
                        secret?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listProjectRobotTrust: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                robot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            claims: {
                                [key: string]: string;
                            };
                            id: number;
                            issuer: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addProjectRobotTrust: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                robot: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description What its token must say; "*" stands for any characters. */
                    claims: {
                        [key: string]: string;
                    };
                    /** @description Name of a workload issuer in the configuration. */
                    issuer: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeProjectRobotTrust: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                robot: string;
                rule: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTrust: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description cosign-key: {publicKey}. sigstore: {trustedRoot: "public-good" or a trusted root, issuer, identity or identityPattern, tlogThreshold, timestampThreshold, ctlogThreshold}. notation: {certificates, identities, level}. */
                            body: {
                                [key: string]: unknown;
                            };
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            /** @enum {string} */
                            kind: "cosign-key" | "sigstore" | "notation";
                            name: string;
                            /** @description Whom it trusts, in words. */
                            summary: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addTrust: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description cosign-key: {publicKey}. sigstore: {trustedRoot: "public-good" or a trusted root, issuer, identity or identityPattern, tlogThreshold, timestampThreshold, ctlogThreshold}. notation: {certificates, identities, level}. */
                    body: {
                        [key: string]: unknown;
                    };
                    /** @enum {string} */
                    kind: "cosign-key" | "sigstore" | "notation";
                    name: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description cosign-key: {publicKey}. sigstore: {trustedRoot: "public-good" or a trusted root, issuer, identity or identityPattern, tlogThreshold, timestampThreshold, ctlogThreshold}. notation: {certificates, identities, level}. */
                        body: {
                            [key: string]: unknown;
                        };
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /** @enum {string} */
                        kind: "cosign-key" | "sigstore" | "notation";
                        name: string;
                        /** @description Whom it trusts, in words. */
                        summary: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeTrust: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                anchor: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getUsage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Of blobs, each once in the project, and manifests; what is deleted counts until it is gone for good. */
                        bytes: number;
                        /** @description Of what counts, in the recycle bin: it goes when that is emptied. */
                        inBin: number;
                        recycleBin: {
                            /** @description Of manifests, and of blobs that nothing visible in the project holds; not all of it counts. */
                            bytes: number;
                            manifests: number;
                            repositories: number;
                        };
                        repositories: number;
                        tags: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listUsageHistory: {
        parameters: {
            query?: {
                days?: number;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Of blobs, each once in the project, and manifests; what is deleted counts until it is gone for good. */
                            bytes: number;
                            /** Format: date */
                            day: string;
                            repositories: number;
                            tags: number;
                        }[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listVex: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            createdBy: string;
                            id: number;
                            /** @description Pattern of repository names below the project; empty: all. */
                            repositories: string;
                            statements: number;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addVex: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description OpenVEX, JSON. */
                    document: {
                        [key: string]: unknown;
                    };
                    /** @description Pattern of repository names below the project; empty: all. */
                    repositories?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        createdBy: string;
                        id: number;
                        /** @description Pattern of repository names below the project; empty: all. */
                        repositories: string;
                        statements: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeVex: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                document: number;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listProjectWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            allowPrivate: boolean;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            enabled: boolean;
                            /**
                             * Format: date-time
                             * @description Absent: the last message was taken.
                             */
                            failingSince?: string;
                            id: number;
                            insecureHttp: boolean;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            nextAttemptAt?: string;
                            repositories: string;
                            /** @enum {string} */
                            shape: "cloudevents" | "distribution" | "harbor" | "slack";
                            signed: boolean;
                            tags: string;
                            /** @description manifest.pushed, or everything that begins with "manifest."; empty: all. */
                            types: string[];
                            /** @description https://HOST/PATH. */
                            url: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addProjectWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Whether it may be in a private network; for administrators to say. */
                    allowPrivate?: boolean;
                    enabled?: boolean;
                    /** @description Whether plain http is allowed; for administrators to say. */
                    insecureHttp?: boolean;
                    /** @description Whole names: "*" any characters but a slash, "**" any; empty: all. */
                    repositories?: string;
                    /** @description What messages are signed with (Berth-Signature). Encrypted where it is stored, and never shown. */
                    secret?: string;
                    /**
                     * @description cloudevents when absent.
                     * @enum {string}
                     */
                    shape?: "cloudevents" | "distribution" | "harbor" | "slack";
                    /** @description Only events about such a tag; empty: all. */
                    tags?: string;
                    /** @description manifest.pushed, or everything that begins with "manifest."; empty: all. */
                    types?: string[];
                    /** @description https://HOST/PATH. */
                    url: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        allowPrivate: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        enabled: boolean;
                        /**
                         * Format: date-time
                         * @description Absent: the last message was taken.
                         */
                        failingSince?: string;
                        id: number;
                        insecureHttp: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        nextAttemptAt?: string;
                        repositories: string;
                        /** @enum {string} */
                        shape: "cloudevents" | "distribution" | "harbor" | "slack";
                        signed: boolean;
                        tags: string;
                        /** @description manifest.pushed, or everything that begins with "manifest."; empty: all. */
                        types: string[];
                        /** @description https://HOST/PATH. */
                        url: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getProjectWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                webhook: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        allowPrivate: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        enabled: boolean;
                        /**
                         * Format: date-time
                         * @description Absent: the last message was taken.
                         */
                        failingSince?: string;
                        id: number;
                        insecureHttp: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        nextAttemptAt?: string;
                        repositories: string;
                        /** @enum {string} */
                        shape: "cloudevents" | "distribution" | "harbor" | "slack";
                        signed: boolean;
                        tags: string;
                        /** @description manifest.pushed, or everything that begins with "manifest."; empty: all. */
                        types: string[];
                        /** @description https://HOST/PATH. */
                        url: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeProjectWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                webhook: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeProjectWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                webhook: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Whether it may be in a private network; for administrators to say. */
                    allowPrivate?: boolean;
                    enabled?: boolean;
                    /** @description Whether plain http is allowed; for administrators to say. */
                    insecureHttp?: boolean;
                    /** @description Whole names: "*" any characters but a slash, "**" any; empty: all. */
                    repositories?: string;
                    secret?: string | null;
                    /**
                     * @description cloudevents when absent.
                     * @enum {string}
                     */
                    shape?: "cloudevents" | "distribution" | "harbor" | "slack";
                    /** @description Only events about such a tag; empty: all. */
                    tags?: string;
                    /** @description manifest.pushed, or everything that begins with "manifest."; empty: all. */
                    types?: string[];
                    /** @description https://HOST/PATH. */
                    url?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        allowPrivate: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        enabled: boolean;
                        /**
                         * Format: date-time
                         * @description Absent: the last message was taken.
                         */
                        failingSince?: string;
                        id: number;
                        insecureHttp: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        nextAttemptAt?: string;
                        repositories: string;
                        /** @enum {string} */
                        shape: "cloudevents" | "distribution" | "harbor" | "slack";
                        signed: boolean;
                        tags: string;
                        /** @description manifest.pushed, or everything that begins with "manifest."; empty: all. */
                        types: string[];
                        /** @description https://HOST/PATH. */
                        url: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listProjectWebhookDeliveries: {
        parameters: {
            query?: {
                before?: number;
                limit?: number;
                state?: "delivered" | "failed" | "dead" | "replayed";
            };
            header?: never;
            path: {
                project: string;
                webhook: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            at: string;
                            event: number;
                            id: number;
                            problem?: string;
                            /** @enum {string} */
                            state: "delivered" | "failed" | "dead" | "replayed";
                            status?: number;
                            type: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayProjectWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                webhook: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    delivery?: number;
                    since?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        delivered: boolean;
                        problem?: string;
                        status?: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testProjectWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                webhook: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        delivered: boolean;
                        problem?: string;
                        status?: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listQuotas: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            bytes: {
                                /** @description Absent: none. */
                                limit?: number;
                                /** @description Of the limit, rounded down. */
                                percent?: number;
                                /** @description Set aside for uploads under way. */
                                reserved: number;
                                used: number;
                            };
                            /** @description Name of a project; a slash in it is written %2F in a path. */
                            project: string;
                            repositories: {
                                /** @description Absent: none. */
                                limit?: number;
                                /** @description Of the limit, rounded down. */
                                percent?: number;
                                used: number;
                            };
                            tags: {
                                /** @description Absent: none. */
                                limit?: number;
                                /** @description Of the limit, rounded down. */
                                percent?: number;
                                used: number;
                            };
                            /** @description At least 85 % of a limit are used. */
                            warning: boolean;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRemotes: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Whether it may be at an address of a private network, or of this machine. */
                            allowPrivate: boolean;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            /**
                             * @description Where its password is; nobody can read it here.
                             * @enum {string}
                             */
                            credentials: "none" | "stored" | "file";
                            /** @description As all processes together lately saw it. Absent: nobody asked it within the last hour. */
                            health?: {
                                /** @description What it said last of how much we may ask. */
                                budget?: {
                                    limit?: number;
                                    remaining?: number;
                                    /**
                                     * Format: date-time
                                     * @description RFC 3339, UTC.
                                     */
                                    seenAt: string;
                                    windowSeconds?: number;
                                };
                                /** @description Absent: there are none, or it did not see them yet. */
                                credentialsAccepted?: boolean;
                                failures: number;
                                /** @description Absent: the last answer was good. */
                                lastProblem?: {
                                    /**
                                     * Format: date-time
                                     * @description RFC 3339, UTC.
                                     */
                                    at: string;
                                    message: string;
                                };
                                /**
                                 * Format: date-time
                                 * @description It is not asked before.
                                 */
                                pausedUntil?: string;
                                /** @description That the processes which run now have sent. */
                                requests: number;
                                /**
                                 * Format: date-time
                                 * @description When this was so.
                                 */
                                seenAt: string;
                            };
                            /** @description Whether plain HTTP is allowed to another machine. */
                            insecureHttp: boolean;
                            /** @description Requests at a time. */
                            maxConcurrent: number;
                            /** @description Like a host’s name or a word: docker.io, backup-site. */
                            name: string;
                            /** @description Whether its certificate is judged by authorities of its own. */
                            ownAuthorities: boolean;
                            /** @description How many are sent at most; absent: any number. */
                            requestsPerMinute?: number;
                            /** @description Hosts besides its own that the password may be sent to, for tokens: auth.docker.io. */
                            trustedHosts: string[];
                            /** @description https://HOST, or a path at it; without "/v2/". */
                            url: string;
                            username?: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createRemote: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Whether it may be at an address of a private network, or of this machine. */
                    allowPrivate?: boolean;
                    /** @description Authorities of its certificate, PEM; null: the system’s. */
                    ca?: string | null;
                    /** @description Whether plain HTTP is allowed to another machine. */
                    insecureHttp?: boolean;
                    /** @description Requests at a time. */
                    maxConcurrent?: number;
                    /** @description Like a host’s name or a word: docker.io, backup-site. */
                    name: string;
                    /** @description Encrypted where it is stored, and never shown. */
                    password?: string;
                    requestsPerMinute?: number | null;
                    /** @description Hosts besides its own that the password may be sent to, for tokens: auth.docker.io. */
                    trustedHosts?: string[];
                    /** @description https://HOST, or a path at it; without "/v2/". */
                    url?: string;
                    username?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Whether it may be at an address of a private network, or of this machine. */
                        allowPrivate: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /**
                         * @description Where its password is; nobody can read it here.
                         * @enum {string}
                         */
                        credentials: "none" | "stored" | "file";
                        /** @description As all processes together lately saw it. Absent: nobody asked it within the last hour. */
                        health?: {
                            /** @description What it said last of how much we may ask. */
                            budget?: {
                                limit?: number;
                                remaining?: number;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC.
                                 */
                                seenAt: string;
                                windowSeconds?: number;
                            };
                            /** @description Absent: there are none, or it did not see them yet. */
                            credentialsAccepted?: boolean;
                            failures: number;
                            /** @description Absent: the last answer was good. */
                            lastProblem?: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC.
                                 */
                                at: string;
                                message: string;
                            };
                            /**
                             * Format: date-time
                             * @description It is not asked before.
                             */
                            pausedUntil?: string;
                            /** @description That the processes which run now have sent. */
                            requests: number;
                            /**
                             * Format: date-time
                             * @description When this was so.
                             */
                            seenAt: string;
                        };
                        /** @description Whether plain HTTP is allowed to another machine. */
                        insecureHttp: boolean;
                        /** @description Requests at a time. */
                        maxConcurrent: number;
                        /** @description Like a host’s name or a word: docker.io, backup-site. */
                        name: string;
                        /** @description Whether its certificate is judged by authorities of its own. */
                        ownAuthorities: boolean;
                        /** @description How many are sent at most; absent: any number. */
                        requestsPerMinute?: number;
                        /** @description Hosts besides its own that the password may be sent to, for tokens: auth.docker.io. */
                        trustedHosts: string[];
                        /** @description https://HOST, or a path at it; without "/v2/". */
                        url: string;
                        username?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRemote: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                remote: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Whether it may be at an address of a private network, or of this machine. */
                        allowPrivate: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /**
                         * @description Where its password is; nobody can read it here.
                         * @enum {string}
                         */
                        credentials: "none" | "stored" | "file";
                        /** @description As all processes together lately saw it. Absent: nobody asked it within the last hour. */
                        health?: {
                            /** @description What it said last of how much we may ask. */
                            budget?: {
                                limit?: number;
                                remaining?: number;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC.
                                 */
                                seenAt: string;
                                windowSeconds?: number;
                            };
                            /** @description Absent: there are none, or it did not see them yet. */
                            credentialsAccepted?: boolean;
                            failures: number;
                            /** @description Absent: the last answer was good. */
                            lastProblem?: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC.
                                 */
                                at: string;
                                message: string;
                            };
                            /**
                             * Format: date-time
                             * @description It is not asked before.
                             */
                            pausedUntil?: string;
                            /** @description That the processes which run now have sent. */
                            requests: number;
                            /**
                             * Format: date-time
                             * @description When this was so.
                             */
                            seenAt: string;
                        };
                        /** @description Whether plain HTTP is allowed to another machine. */
                        insecureHttp: boolean;
                        /** @description Requests at a time. */
                        maxConcurrent: number;
                        /** @description Like a host’s name or a word: docker.io, backup-site. */
                        name: string;
                        /** @description Whether its certificate is judged by authorities of its own. */
                        ownAuthorities: boolean;
                        /** @description How many are sent at most; absent: any number. */
                        requestsPerMinute?: number;
                        /** @description Hosts besides its own that the password may be sent to, for tokens: auth.docker.io. */
                        trustedHosts: string[];
                        /** @description https://HOST, or a path at it; without "/v2/". */
                        url: string;
                        username?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeRemote: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                remote: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeRemote: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                remote: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Whether it may be at an address of a private network, or of this machine. */
                    allowPrivate?: boolean;
                    /** @description Authorities of its certificate, PEM; null: the system’s. */
                    ca?: string | null;
                    /** @description Whether plain HTTP is allowed to another machine. */
                    insecureHttp?: boolean;
                    /** @description Requests at a time. */
                    maxConcurrent?: number;
                    /** @description Encrypted where it is stored, and never shown. */
                    password?: string;
                    requestsPerMinute?: number | null;
                    /** @description Hosts besides its own that the password may be sent to, for tokens: auth.docker.io. */
                    trustedHosts?: string[];
                    /** @description https://HOST, or a path at it; without "/v2/". */
                    url?: string;
                    /** @description With a password. null: none any more. */
                    username?: string | null;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Whether it may be at an address of a private network, or of this machine. */
                        allowPrivate: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /**
                         * @description Where its password is; nobody can read it here.
                         * @enum {string}
                         */
                        credentials: "none" | "stored" | "file";
                        /** @description As all processes together lately saw it. Absent: nobody asked it within the last hour. */
                        health?: {
                            /** @description What it said last of how much we may ask. */
                            budget?: {
                                limit?: number;
                                remaining?: number;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC.
                                 */
                                seenAt: string;
                                windowSeconds?: number;
                            };
                            /** @description Absent: there are none, or it did not see them yet. */
                            credentialsAccepted?: boolean;
                            failures: number;
                            /** @description Absent: the last answer was good. */
                            lastProblem?: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC.
                                 */
                                at: string;
                                message: string;
                            };
                            /**
                             * Format: date-time
                             * @description It is not asked before.
                             */
                            pausedUntil?: string;
                            /** @description That the processes which run now have sent. */
                            requests: number;
                            /**
                             * Format: date-time
                             * @description When this was so.
                             */
                            seenAt: string;
                        };
                        /** @description Whether plain HTTP is allowed to another machine. */
                        insecureHttp: boolean;
                        /** @description Requests at a time. */
                        maxConcurrent: number;
                        /** @description Like a host’s name or a word: docker.io, backup-site. */
                        name: string;
                        /** @description Whether its certificate is judged by authorities of its own. */
                        ownAuthorities: boolean;
                        /** @description How many are sent at most; absent: any number. */
                        requestsPerMinute?: number;
                        /** @description Hosts besides its own that the password may be sent to, for tokens: auth.docker.io. */
                        trustedHosts: string[];
                        /** @description https://HOST, or a path at it; without "/v2/". */
                        url: string;
                        username?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testRemote: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                remote: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        problem?: string;
                        reachable: boolean;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReplicas: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        replicas: {
                            host: string;
                            id: string;
                            /** @description That it runs, or ran last. */
                            jobs: string[];
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            seenAt: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                            version: string;
                        }[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReplicationExecution: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                execution: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Who started it. */
                        actor: string;
                        bytes: number;
                        /** @description Were changed on both sides. */
                        conflicts: number;
                        copied: number;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        deleted: number;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        endedAt?: string;
                        /** @description Why it failed; of one that runs, why it cannot go on at the moment. */
                        error?: string;
                        failed: number;
                        id: number;
                        /** @description Were there already. */
                        present: number;
                        /** @description Name of a replication rule. */
                        rule: string;
                        skipped: number;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        startedAt?: string;
                        /** @enum {string} */
                        state: "waiting" | "running" | "done" | "failed" | "stopped";
                        /** @enum {string} */
                        trigger: "manual" | "schedule" | "event" | "retry";
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReplicatedImages: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
                state?: "copied" | "present" | "deleted" | "skipped" | "conflict" | "failed" | "waiting";
            };
            header?: never;
            path: {
                execution: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            at: string;
                            attempts: number;
                            bytes: number;
                            digest?: string;
                            /**
                             * Format: date-time
                             * @description When it is tried again.
                             */
                            nextAt?: string;
                            reason: string;
                            reference: string;
                            /** @description As it is called where the image comes from. */
                            repository: string;
                            /** @enum {string} */
                            state: "copied" | "present" | "deleted" | "skipped" | "conflict" | "failed" | "waiting";
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryReplication: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                execution: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Who started it. */
                        actor: string;
                        bytes: number;
                        /** @description Were changed on both sides. */
                        conflicts: number;
                        copied: number;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        deleted: number;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        endedAt?: string;
                        /** @description Why it failed; of one that runs, why it cannot go on at the moment. */
                        error?: string;
                        failed: number;
                        id: number;
                        /** @description Were there already. */
                        present: number;
                        /** @description Name of a replication rule. */
                        rule: string;
                        skipped: number;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        startedAt?: string;
                        /** @enum {string} */
                        state: "waiting" | "running" | "done" | "failed" | "stopped";
                        /** @enum {string} */
                        trigger: "manual" | "schedule" | "event" | "retry";
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stopReplication: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                execution: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReplicationRules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * @description Put before every name.
                             * @default
                             */
                            addPrefix: string;
                            /** @description Of all its transfers together. */
                            bytesPerSecond?: number;
                            /**
                             * @description Images at a time.
                             * @default 4
                             */
                            concurrency: number;
                            /**
                             * @description When a tag was changed on both sides. "source": it becomes what it is at the source. "newest": the side that knew of the other; when none did, the greater digest. "keep": both stay as they are.
                             * @default source
                             * @enum {string}
                             */
                            conflicts: "newest" | "source" | "keep";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            /**
                             * @description Tags that go at the source go at the target too, if this rule brought them.
                             * @default false
                             */
                            deletes: boolean;
                            /**
                             * @description push: from here to the remote; pull: from there to here.
                             * @enum {string}
                             */
                            direction: "push" | "pull";
                            enabled: boolean;
                            /**
                             * @description Of a name only what stands after its last slash.
                             * @default false
                             */
                            flatten: boolean;
                            /**
                             * @description "key" or "key=value": only images with all of these, as annotation or as label of their config.
                             * @default []
                             */
                            labels: string[];
                            /** @description Name of a replication rule. */
                            name: string;
                            /**
                             * @description Soon after each change. For pushing.
                             * @default false
                             */
                            onEvent: boolean;
                            /** @description The account with which the remote pushes here: what it brings is not sent back. */
                            peerAccount?: string;
                            /**
                             * @description Only these, such as "linux/arm64"; empty: all. Of an index, only these of its images are brought.
                             * @default []
                             */
                            platforms: string[];
                            /** @description Name of a remote. */
                            remote: string;
                            /**
                             * @description Patterns of names where the images come from, with commas between: "*" is anything but a slash, "**" anything.
                             * @default **
                             */
                            repositories: string;
                            /** @description Cron, five fields, UTC: "0 3 * * *". */
                            schedule?: string;
                            /**
                             * @description Only what a signature is about.
                             * @default false
                             */
                            signedOnly: boolean;
                            /**
                             * @description Taken from the beginning of names that have it.
                             * @default
                             */
                            stripPrefix: string;
                            /**
                             * @description Which tags: "v*,release-*", "regex:v\d+", "semver:>=1.2 <2"; "!" before it: all others.
                             * @default *
                             */
                            tags: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createReplicationRule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Put before every name.
                     * @default
                     */
                    addPrefix?: string;
                    /** @description Of all its transfers together. */
                    bytesPerSecond?: number;
                    /**
                     * @description Images at a time.
                     * @default 4
                     */
                    concurrency?: number;
                    /**
                     * @description When a tag was changed on both sides. "source": it becomes what it is at the source. "newest": the side that knew of the other; when none did, the greater digest. "keep": both stay as they are.
                     * @default source
                     * @enum {string}
                     */
                    conflicts?: "newest" | "source" | "keep";
                    /**
                     * @description Tags that go at the source go at the target too, if this rule brought them.
                     * @default false
                     */
                    deletes?: boolean;
                    /**
                     * @description push: from here to the remote; pull: from there to here.
                     * @enum {string}
                     */
                    direction: "push" | "pull";
                    /** @default true */
                    enabled?: boolean;
                    /**
                     * @description Of a name only what stands after its last slash.
                     * @default false
                     */
                    flatten?: boolean;
                    /**
                     * @description "key" or "key=value": only images with all of these, as annotation or as label of their config.
                     * @default []
                     */
                    labels?: string[];
                    /** @description Name of a replication rule. */
                    name: string;
                    /**
                     * @description Soon after each change. For pushing.
                     * @default false
                     */
                    onEvent?: boolean;
                    /** @description The account with which the remote pushes here: what it brings is not sent back. */
                    peerAccount?: string;
                    /**
                     * @description Only these, such as "linux/arm64"; empty: all. Of an index, only these of its images are brought.
                     * @default []
                     */
                    platforms?: string[];
                    /** @description Name of a remote. */
                    remote: string;
                    /**
                     * @description Patterns of names where the images come from, with commas between: "*" is anything but a slash, "**" anything.
                     * @default **
                     */
                    repositories?: string;
                    /** @description Cron, five fields, UTC: "0 3 * * *". */
                    schedule?: string;
                    /**
                     * @description Only what a signature is about.
                     * @default false
                     */
                    signedOnly?: boolean;
                    /**
                     * @description Taken from the beginning of names that have it.
                     * @default
                     */
                    stripPrefix?: string;
                    /**
                     * @description Which tags: "v*,release-*", "regex:v\d+", "semver:>=1.2 <2"; "!" before it: all others.
                     * @default *
                     */
                    tags?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @description Put before every name.
                         * @default
                         */
                        addPrefix: string;
                        /** @description Of all its transfers together. */
                        bytesPerSecond?: number;
                        /**
                         * @description Images at a time.
                         * @default 4
                         */
                        concurrency: number;
                        /**
                         * @description When a tag was changed on both sides. "source": it becomes what it is at the source. "newest": the side that knew of the other; when none did, the greater digest. "keep": both stay as they are.
                         * @default source
                         * @enum {string}
                         */
                        conflicts: "newest" | "source" | "keep";
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /**
                         * @description Tags that go at the source go at the target too, if this rule brought them.
                         * @default false
                         */
                        deletes: boolean;
                        /**
                         * @description push: from here to the remote; pull: from there to here.
                         * @enum {string}
                         */
                        direction: "push" | "pull";
                        enabled: boolean;
                        /**
                         * @description Of a name only what stands after its last slash.
                         * @default false
                         */
                        flatten: boolean;
                        /**
                         * @description "key" or "key=value": only images with all of these, as annotation or as label of their config.
                         * @default []
                         */
                        labels: string[];
                        /** @description Name of a replication rule. */
                        name: string;
                        /**
                         * @description Soon after each change. For pushing.
                         * @default false
                         */
                        onEvent: boolean;
                        /** @description The account with which the remote pushes here: what it brings is not sent back. */
                        peerAccount?: string;
                        /**
                         * @description Only these, such as "linux/arm64"; empty: all. Of an index, only these of its images are brought.
                         * @default []
                         */
                        platforms: string[];
                        /** @description Name of a remote. */
                        remote: string;
                        /**
                         * @description Patterns of names where the images come from, with commas between: "*" is anything but a slash, "**" anything.
                         * @default **
                         */
                        repositories: string;
                        /** @description Cron, five fields, UTC: "0 3 * * *". */
                        schedule?: string;
                        /**
                         * @description Only what a signature is about.
                         * @default false
                         */
                        signedOnly: boolean;
                        /**
                         * @description Taken from the beginning of names that have it.
                         * @default
                         */
                        stripPrefix: string;
                        /**
                         * @description Which tags: "v*,release-*", "regex:v\d+", "semver:>=1.2 <2"; "!" before it: all others.
                         * @default *
                         */
                        tags: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReplicationRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @description Put before every name.
                         * @default
                         */
                        addPrefix: string;
                        /** @description Of all its transfers together. */
                        bytesPerSecond?: number;
                        /**
                         * @description Images at a time.
                         * @default 4
                         */
                        concurrency: number;
                        /**
                         * @description When a tag was changed on both sides. "source": it becomes what it is at the source. "newest": the side that knew of the other; when none did, the greater digest. "keep": both stay as they are.
                         * @default source
                         * @enum {string}
                         */
                        conflicts: "newest" | "source" | "keep";
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /**
                         * @description Tags that go at the source go at the target too, if this rule brought them.
                         * @default false
                         */
                        deletes: boolean;
                        /**
                         * @description push: from here to the remote; pull: from there to here.
                         * @enum {string}
                         */
                        direction: "push" | "pull";
                        enabled: boolean;
                        /**
                         * @description Of a name only what stands after its last slash.
                         * @default false
                         */
                        flatten: boolean;
                        /**
                         * @description "key" or "key=value": only images with all of these, as annotation or as label of their config.
                         * @default []
                         */
                        labels: string[];
                        /** @description Name of a replication rule. */
                        name: string;
                        /**
                         * @description Soon after each change. For pushing.
                         * @default false
                         */
                        onEvent: boolean;
                        /** @description The account with which the remote pushes here: what it brings is not sent back. */
                        peerAccount?: string;
                        /**
                         * @description Only these, such as "linux/arm64"; empty: all. Of an index, only these of its images are brought.
                         * @default []
                         */
                        platforms: string[];
                        /** @description Name of a remote. */
                        remote: string;
                        /**
                         * @description Patterns of names where the images come from, with commas between: "*" is anything but a slash, "**" anything.
                         * @default **
                         */
                        repositories: string;
                        /** @description Cron, five fields, UTC: "0 3 * * *". */
                        schedule?: string;
                        /**
                         * @description Only what a signature is about.
                         * @default false
                         */
                        signedOnly: boolean;
                        /**
                         * @description Taken from the beginning of names that have it.
                         * @default
                         */
                        stripPrefix: string;
                        /**
                         * @description Which tags: "v*,release-*", "regex:v\d+", "semver:>=1.2 <2"; "!" before it: all others.
                         * @default *
                         */
                        tags: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeReplicationRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeReplicationRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Put before every name. */
                    addPrefix?: string;
                    /** @description null: any number. */
                    bytesPerSecond?: number | null;
                    /** @description Images at a time. */
                    concurrency?: number;
                    /**
                     * @description When a tag was changed on both sides. "source": it becomes what it is at the source. "newest": the side that knew of the other; when none did, the greater digest. "keep": both stay as they are.
                     * @enum {string}
                     */
                    conflicts?: "newest" | "source" | "keep";
                    /** @description Tags that go at the source go at the target too, if this rule brought them. */
                    deletes?: boolean;
                    enabled?: boolean;
                    /** @description Of a name only what stands after its last slash. */
                    flatten?: boolean;
                    /** @description "key" or "key=value": only images with all of these, as annotation or as label of their config. */
                    labels?: string[];
                    /** @description Soon after each change. For pushing. */
                    onEvent?: boolean;
                    /** @description null: none. */
                    peerAccount?: string | null;
                    /** @description Only these, such as "linux/arm64"; empty: all. Of an index, only these of its images are brought. */
                    platforms?: string[];
                    /** @description Patterns of names where the images come from, with commas between: "*" is anything but a slash, "**" anything. */
                    repositories?: string;
                    /** @description null: none. */
                    schedule?: string | null;
                    /** @description Only what a signature is about. */
                    signedOnly?: boolean;
                    /** @description Taken from the beginning of names that have it. */
                    stripPrefix?: string;
                    /** @description Which tags: "v*,release-*", "regex:v\d+", "semver:>=1.2 <2"; "!" before it: all others. */
                    tags?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @description Put before every name.
                         * @default
                         */
                        addPrefix: string;
                        /** @description Of all its transfers together. */
                        bytesPerSecond?: number;
                        /**
                         * @description Images at a time.
                         * @default 4
                         */
                        concurrency: number;
                        /**
                         * @description When a tag was changed on both sides. "source": it becomes what it is at the source. "newest": the side that knew of the other; when none did, the greater digest. "keep": both stay as they are.
                         * @default source
                         * @enum {string}
                         */
                        conflicts: "newest" | "source" | "keep";
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /**
                         * @description Tags that go at the source go at the target too, if this rule brought them.
                         * @default false
                         */
                        deletes: boolean;
                        /**
                         * @description push: from here to the remote; pull: from there to here.
                         * @enum {string}
                         */
                        direction: "push" | "pull";
                        enabled: boolean;
                        /**
                         * @description Of a name only what stands after its last slash.
                         * @default false
                         */
                        flatten: boolean;
                        /**
                         * @description "key" or "key=value": only images with all of these, as annotation or as label of their config.
                         * @default []
                         */
                        labels: string[];
                        /** @description Name of a replication rule. */
                        name: string;
                        /**
                         * @description Soon after each change. For pushing.
                         * @default false
                         */
                        onEvent: boolean;
                        /** @description The account with which the remote pushes here: what it brings is not sent back. */
                        peerAccount?: string;
                        /**
                         * @description Only these, such as "linux/arm64"; empty: all. Of an index, only these of its images are brought.
                         * @default []
                         */
                        platforms: string[];
                        /** @description Name of a remote. */
                        remote: string;
                        /**
                         * @description Patterns of names where the images come from, with commas between: "*" is anything but a slash, "**" anything.
                         * @default **
                         */
                        repositories: string;
                        /** @description Cron, five fields, UTC: "0 3 * * *". */
                        schedule?: string;
                        /**
                         * @description Only what a signature is about.
                         * @default false
                         */
                        signedOnly: boolean;
                        /**
                         * @description Taken from the beginning of names that have it.
                         * @default
                         */
                        stripPrefix: string;
                        /**
                         * @description Which tags: "v*,release-*", "regex:v\d+", "semver:>=1.2 <2"; "!" before it: all others.
                         * @default *
                         */
                        tags: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReplicationExecutions: {
        parameters: {
            query?: {
                after?: number;
                limit?: number;
            };
            header?: never;
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Who started it. */
                            actor: string;
                            bytes: number;
                            /** @description Were changed on both sides. */
                            conflicts: number;
                            copied: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            deleted: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            endedAt?: string;
                            /** @description Why it failed; of one that runs, why it cannot go on at the moment. */
                            error?: string;
                            failed: number;
                            id: number;
                            /** @description Were there already. */
                            present: number;
                            /** @description Name of a replication rule. */
                            rule: string;
                            skipped: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt?: string;
                            /** @enum {string} */
                            state: "waiting" | "running" | "done" | "failed" | "stopped";
                            /** @enum {string} */
                            trigger: "manual" | "schedule" | "event" | "retry";
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startReplication: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Who started it. */
                        actor: string;
                        bytes: number;
                        /** @description Were changed on both sides. */
                        conflicts: number;
                        copied: number;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        deleted: number;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        endedAt?: string;
                        /** @description Why it failed; of one that runs, why it cannot go on at the moment. */
                        error?: string;
                        failed: number;
                        id: number;
                        /** @description Were there already. */
                        present: number;
                        /** @description Name of a replication rule. */
                        rule: string;
                        skipped: number;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        startedAt?: string;
                        /** @enum {string} */
                        state: "waiting" | "running" | "done" | "failed" | "stopped";
                        /** @enum {string} */
                        trigger: "manual" | "schedule" | "event" | "retry";
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRepositories: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
                project?: string;
                q?: string;
                sort?: "name" | "-name" | "-updated";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Of what it holds, each blob counted once. */
                            bytes: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            /** @description Name of a repository; a slash in it is written %2F in a path. */
                            name: string;
                            /** @description How many, counted up to 1000. */
                            tags: number;
                            /** @description Of what no other repository holds; for administrators and auditors, as it tells of all the others. */
                            uniqueBytes?: number;
                            /**
                             * Format: date-time
                             * @description When a tag of it last moved.
                             */
                            updatedAt: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRepository: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Of what it holds, each blob counted once. */
                        bytes: number;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /** @description What its newest tag says that it is. */
                        description?: string;
                        /** @description What the caller may do here, now. */
                        may: ("pull" | "push" | "overwrite" | "delete" | "protect" | "manage")[];
                        /** @description Name of a repository; a slash in it is written %2F in a path. */
                        name: string;
                        /** @description The one that it belongs to. */
                        project?: string;
                        /** @description How many. */
                        tags: number;
                        /** @description Of what no other repository holds; for administrators and auditors, as it tells of all the others. */
                        uniqueBytes?: number;
                        /**
                         * Format: date-time
                         * @description When a tag of it last moved.
                         */
                        updatedAt: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteRepository: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deletion: number;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        restorableUntil: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compareImages: {
        parameters: {
            query: {
                from: string;
                platform?: string;
                to: string;
                with?: string;
            };
            header?: never;
            path: {
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        after: {
                            digest: string;
                            reasons: string[];
                            repository: string;
                            /** @description As it is pulled: its configuration and layers. */
                            sizeBytes: number;
                            /**
                             * @description Anything but "complete": there may be more than what is said; "waiting": nobody looked into it yet.
                             * @enum {string}
                             */
                            state: "complete" | "partial" | "unsupported" | "failed" | "waiting";
                        };
                        before: {
                            digest: string;
                            reasons: string[];
                            repository: string;
                            /** @description As it is pulled: its configuration and layers. */
                            sizeBytes: number;
                            /**
                             * @description Anything but "complete": there may be more than what is said; "waiting": nobody looked into it yet.
                             * @enum {string}
                             */
                            state: "complete" | "partial" | "unsupported" | "failed" | "waiting";
                        };
                        /** @description What differs, by name: "user", "entrypoint", "env PATH", "label NAME", "port 80/tcp", "volume /data" … */
                        configuration: {
                            after?: string;
                            before?: string;
                            name: string;
                        }[];
                        /** @description Once both were looked into; each file is told of by compare/files. */
                        files?: {
                            added: {
                                bytes: number;
                                count: number;
                            };
                            after: {
                                reasons: string[];
                                /** @enum {string} */
                                state: "complete" | "partial" | "failed";
                            };
                            /** @description Anything but "complete": files may be missing. */
                            before: {
                                reasons: string[];
                                /** @enum {string} */
                                state: "complete" | "partial" | "failed";
                            };
                            bytesAfter: number;
                            bytesBefore: number;
                            changed: {
                                bytes: number;
                                count: number;
                            };
                            removed: {
                                bytes: number;
                                count: number;
                            };
                        };
                        layers: {
                            added: {
                                bytes: number;
                                count: number;
                            };
                            common: {
                                bytes: number;
                                count: number;
                            };
                            items: {
                                /** @enum {string} */
                                change: "common" | "added" | "removed";
                                digest: string;
                                mediaType: string;
                                sizeBytes: number;
                            }[];
                            removed: {
                                bytes: number;
                                count: number;
                            };
                        };
                        /** @description Once both were looked into; the first 1000 of each list. */
                        packages?: {
                            added: {
                                name: string;
                                type: string;
                                version: string;
                            }[];
                            changed: {
                                after: string;
                                before: string;
                                /** @enum {string} */
                                direction?: "up" | "down" | "same";
                                name: string;
                                type: string;
                            }[];
                            counts: {
                                added: number;
                                changed: number;
                                removed: number;
                            };
                            removed: {
                                name: string;
                                type: string;
                                version: string;
                            }[];
                            unchanged: number;
                        };
                        /** @description Once there are reports of both that know anything; the worst 1000 of each list. */
                        vulnerabilities?: {
                            after: {
                                reasons: string[];
                                /** @enum {string} */
                                state: "waiting" | "complete" | "partial" | "unsupported" | "end-of-life" | "no-data" | "failed";
                            };
                            before: {
                                reasons: string[];
                                /** @enum {string} */
                                state: "waiting" | "complete" | "partial" | "unsupported" | "end-of-life" | "no-data" | "failed";
                            };
                            counts: {
                                fixed: number;
                                introduced: number;
                            };
                            fixed: {
                                fixedVersion?: string;
                                package: string;
                                purl: string;
                                /** @enum {string} */
                                severity: "unknown" | "negligible" | "low" | "medium" | "high" | "critical";
                                /** @description Somebody judged it to be none. */
                                suppressed: boolean;
                                version: string;
                                vulnerability: string;
                            }[];
                            introduced: {
                                fixedVersion?: string;
                                package: string;
                                purl: string;
                                /** @enum {string} */
                                severity: "unknown" | "negligible" | "low" | "medium" | "high" | "critical";
                                /** @description Somebody judged it to be none. */
                                suppressed: boolean;
                                version: string;
                                vulnerability: string;
                            }[];
                            remaining: number;
                        };
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compareFiles: {
        parameters: {
            query: {
                after?: string;
                change?: "added" | "removed" | "changed";
                from: string;
                kind?: "file" | "folder" | "link" | "other" | "removed" | "opaque";
                limit?: number;
                path?: string;
                platform?: string;
                q?: string;
                to: string;
                with?: string;
            };
            header?: never;
            path: {
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        added: {
                            bytes: number;
                            count: number;
                        };
                        after: {
                            reasons: string[];
                            /** @enum {string} */
                            state: "complete" | "partial" | "failed";
                        };
                        /** @description Anything but "complete": files may be missing. */
                        before: {
                            reasons: string[];
                            /** @enum {string} */
                            state: "complete" | "partial" | "failed";
                        };
                        bytesAfter: number;
                        bytesBefore: number;
                        changed: {
                            bytes: number;
                            count: number;
                        };
                        items: {
                            after?: {
                                gid?: number;
                                /** @description Of a file’s content, the first 16 hex digits of its SHA-256. */
                                hash?: string;
                                /** @enum {string} */
                                kind: "file" | "folder" | "link" | "other" | "removed" | "opaque";
                                link?: string;
                                /** @description Permission bits. */
                                mode: number;
                                sizeBytes: number;
                                uid?: number;
                            };
                            before?: {
                                gid?: number;
                                /** @description Of a file’s content, the first 16 hex digits of its SHA-256. */
                                hash?: string;
                                /** @enum {string} */
                                kind: "file" | "folder" | "link" | "other" | "removed" | "opaque";
                                link?: string;
                                /** @description Permission bits. */
                                mode: number;
                                sizeBytes: number;
                                uid?: number;
                            };
                            /** @enum {string} */
                            change: "added" | "removed" | "changed";
                            path: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                        removed: {
                            bytes: number;
                            count: number;
                        };
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listHistory: {
        parameters: {
            query?: {
                before?: string;
                limit?: number;
                tag?: string;
            };
            header?: never;
            path: {
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Only for whoever is signed in and may push there. */
                            actor?: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            at: string;
                            /** @description Absent: the tag was deleted. */
                            digest?: string;
                            /**
                             * @description What became of the manifest that the tag named then, or before it was deleted.
                             * @enum {string}
                             */
                            manifest: "there" | "deleted" | "gone";
                            /** @description Absent: the tag was not there before. */
                            previous?: string;
                            /** @description Empty: it was pushed or deleted by a client. */
                            reason: string;
                            /**
                             * Format: date-time
                             * @description Of a deleted manifest.
                             */
                            restorableUntil?: string;
                            tag: string;
                        }[];
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        annotations: {
                            [key: string]: string;
                        };
                        artifactType?: string;
                        /** @description Of an image, where it has one that can be read. */
                        config?: {
                            author?: string;
                            cmd: string[];
                            /** @description As the image says it: anything. */
                            created?: string;
                            entrypoint: string[];
                            env: string[];
                            exposedPorts: string[];
                            labels: {
                                [key: string]: string;
                            };
                            /** @description linux/arm64/v8 */
                            platform?: string;
                            user?: string;
                            volumes: string[];
                            workdir?: string;
                        };
                        digest: string;
                        /** @enum {string} */
                        kind: "image" | "index";
                        /** @description Of an image: its history, lowest layer first. */
                        layers?: {
                            comment?: string;
                            created?: string;
                            /** @description Absent where the history does not fit the layers. */
                            createdBy?: string;
                            digest?: string;
                            /** @description A step of the build that made no layer: it has no digest. */
                            empty: boolean;
                            mediaType?: string;
                            size?: number;
                            /** @description The name of the file that it is, where the manifest says so. */
                            title?: string;
                        }[];
                        mediaType: string;
                        moreTags: boolean;
                        /** @description Of an index. */
                        platforms?: {
                            digest: string;
                            mediaType: string;
                            /** @description linux/arm64/v8 */
                            platform?: string;
                            size: number;
                        }[];
                        /**
                         * Format: date-time
                         * @description When it was last pushed.
                         */
                        pushedAt: string;
                        size: number;
                        /** @description What it is about. */
                        subject?: {
                            digest: string;
                            mediaType: string;
                            size: number;
                        };
                        /** @description That name it; the first 100. */
                        tags: string[];
                        /** @description Of an image: manifest, config and layers together. */
                        totalBytes?: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deletion: number;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        restorableUntil: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readFile: {
        parameters: {
            query: {
                layer?: string;
                path: string;
                platform?: string;
            };
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFiles: {
        parameters: {
            query?: {
                after?: string;
                layer?: string;
                limit?: number;
                path?: string;
                platform?: string;
                q?: string;
            };
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description What is at the path once its links are followed; absent where nothing is, and with "q". */
                        entry?: {
                            gid?: number;
                            /** @description Of a file’s content, the first 16 hex digits of its SHA-256. */
                            hash?: string;
                            /** @description The layer that it is from; absent of a folder that none names. */
                            layer?: string;
                            /** @description Where a link leads, as it is written. */
                            link?: string;
                            /** @description Permission bits. */
                            mode: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            modified?: string;
                            name: string;
                            path: string;
                            sizeBytes: number;
                            /** @enum {string} */
                            type: "file" | "folder" | "link" | "other" | "removed" | "opaque";
                            uid?: number;
                        };
                        items: {
                            gid?: number;
                            /** @description Of a file’s content, the first 16 hex digits of its SHA-256. */
                            hash?: string;
                            /** @description The layer that it is from; absent of a folder that none names. */
                            layer?: string;
                            /** @description Where a link leads, as it is written. */
                            link?: string;
                            /** @description Permission bits. */
                            mode: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            modified?: string;
                            name: string;
                            path: string;
                            sizeBytes: number;
                            /** @enum {string} */
                            type: "file" | "folder" | "link" | "other" | "removed" | "opaque";
                            uid?: number;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                        reasons: string[];
                        /**
                         * @description Anything but "complete": some files may be missing, for the reasons given.
                         * @enum {string}
                         */
                        state: "complete" | "partial" | "failed";
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getInventory: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
                platform?: string;
                q?: string;
            };
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        analyzedAt: string;
                        base?: {
                            digest?: string;
                            name?: string;
                        };
                        created?: string;
                        digest: string;
                        labels: {
                            [key: string]: string;
                        };
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                        os?: {
                            id: string;
                            prettyName?: string;
                            versionId: string;
                        };
                        packages: {
                            arch?: string;
                            /** @description The first layer that has it. */
                            layer: string;
                            licenses?: string[];
                            name: string;
                            /** @description The file that tells of it. */
                            path: string;
                            purl: string;
                            source?: {
                                name: string;
                                version: string;
                            };
                            /** @enum {string} */
                            type: "deb" | "apk" | "rpm" | "npm" | "pypi" | "golang" | "cargo" | "maven" | "gem" | "nuget" | "composer";
                            version: string;
                        }[];
                        platform?: string;
                        reasons: string[];
                        /** @enum {string} */
                        state: "complete" | "partial" | "unsupported" | "failed";
                        /** @description How many there are, of those that were asked for. */
                        total: number;
                        user?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReferrers: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            annotations: {
                                [key: string]: string;
                            };
                            artifactType?: string;
                            digest: string;
                            mediaType: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            pushedAt: string;
                            size: number;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Findings that are not suppressed, by severity. */
                        counts: {
                            critical: number;
                            high: number;
                            low: number;
                            medium: number;
                            negligible: number;
                            unknown: number;
                        };
                        /**
                         * Format: date-time
                         * @description How old the vulnerability data is; absent: there is none.
                         */
                        dataUpdatedAt?: string;
                        digest: string;
                        findings: {
                            advisory: string;
                            aliases: string[];
                            /**
                             * Format: date-time
                             * @description When it was first found here: days of grace count from then.
                             */
                            firstSeen: string;
                            /** @description Absent: there is no fixed version yet. */
                            fixedVersion?: string;
                            package: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            published?: string;
                            purl: string;
                            ratings: {
                                score?: number;
                                /** @enum {string} */
                                severity: "unknown" | "negligible" | "low" | "medium" | "high" | "critical";
                                /** @description Who says so. */
                                source: string;
                                vector?: string;
                            }[];
                            /** @description Who found it: "berth" is this registry’s own; several with commas between them. */
                            scanner: string;
                            /** @enum {string} */
                            severity: "unknown" | "negligible" | "low" | "medium" | "high" | "critical";
                            summary: string;
                            /** @description Somebody judged it to be none here: it is shown, and does not count. */
                            suppressed?: {
                                author: string;
                                /** @enum {string} */
                                by: "vex" | "exception";
                                reason: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC.
                                 */
                                until?: string;
                            };
                            version: string;
                            /** @description The CVE where there is one. */
                            vulnerability: string;
                        }[];
                        /** @description Of an index: its images; findings are told of each by its own digest. */
                        images?: {
                            /** @description Findings that are not suppressed, by severity. */
                            counts: {
                                critical: number;
                                high: number;
                                low: number;
                                medium: number;
                                negligible: number;
                                unknown: number;
                            };
                            /**
                             * Format: date-time
                             * @description How old the vulnerability data is; absent: there is none.
                             */
                            dataUpdatedAt?: string;
                            digest: string;
                            packages: number;
                            platform?: string;
                            /** @description Why it is not complete, and what other scanners did not say. */
                            reasons: string[];
                            /**
                             * @description What the report can be trusted for: no findings mean something in a complete one only.
                             * @enum {string}
                             */
                            state: "waiting" | "complete" | "partial" | "unsupported" | "end-of-life" | "no-data" | "failed";
                            suppressed: number;
                        }[];
                        packages: number;
                        /** @description It is being looked into, or will be at once; of an index, the index itself. */
                        pending: boolean;
                        /** @description Why it is not complete, and what other scanners did not say. */
                        reasons: string[];
                        /**
                         * @description What the report can be trusted for: no findings mean something in a complete one only.
                         * @enum {string}
                         */
                        state: "waiting" | "complete" | "partial" | "unsupported" | "end-of-life" | "no-data" | "failed";
                        suppressed: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getScannerReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                repository: string;
                scanner: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSbom: {
        parameters: {
            query?: {
                format?: "cyclonedx" | "spdx";
                platform?: string;
                vulnerabilities?: "true" | "false";
            };
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    attachSbom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @default cyclonedx
                     * @enum {string}
                     */
                    format?: "cyclonedx" | "spdx";
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        digest: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAttachedSboms: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            format: string;
                            manifest: string;
                            packages: {
                                name: string;
                                purl: string;
                                version: string;
                            }[];
                            problems: string[];
                            tool?: string;
                            truncated: boolean;
                        }[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    scanImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSignatures: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        digest: string;
                        items: {
                            checks: {
                                detail: string;
                                name: string;
                                ok: boolean;
                            }[];
                            /** @enum {string} */
                            format: "cosign" | "sigstore-bundle" | "notation";
                            /** @description The manifest that brought it. */
                            manifest: string;
                            /** @description What it states of the image; absent: that it is signed. */
                            predicateType?: string;
                            /**
                             * Format: date-time
                             * @description By when it was made, as a clock or a log proves.
                             */
                            signedAt?: string;
                            /** @description Who made it. Proved only where somebody trusts it. */
                            signer: {
                                identity?: string;
                                issuer?: string;
                                keyId?: string;
                                name: string;
                                subject?: string;
                            };
                            /** @description Names of those anchors of the project that accept it. None: it proves nothing. */
                            trustedBy: string[];
                            /**
                             * Format: date-time
                             * @description When it has to be looked at again.
                             */
                            validUntil?: string;
                        }[];
                        /** @description What could not be looked at. */
                        problems: string[];
                        /** @description Whether somebody whom the project trusts signed it; statements about it do not count. */
                        trusted: boolean;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    verifySignatures: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        digest: string;
                        items: {
                            checks: {
                                detail: string;
                                name: string;
                                ok: boolean;
                            }[];
                            /** @enum {string} */
                            format: "cosign" | "sigstore-bundle" | "notation";
                            /** @description The manifest that brought it. */
                            manifest: string;
                            /** @description What it states of the image; absent: that it is signed. */
                            predicateType?: string;
                            /**
                             * Format: date-time
                             * @description By when it was made, as a clock or a log proves.
                             */
                            signedAt?: string;
                            /** @description Who made it. Proved only where somebody trusts it. */
                            signer: {
                                identity?: string;
                                issuer?: string;
                                keyId?: string;
                                name: string;
                                subject?: string;
                            };
                            /** @description Names of those anchors of the project that accept it. None: it proves nothing. */
                            trustedBy: string[];
                            /**
                             * Format: date-time
                             * @description When it has to be looked at again.
                             */
                            validUntil?: string;
                        }[];
                        /** @description What could not be looked at. */
                        problems: string[];
                        /** @description Whether somebody whom the project trusts signed it; statements about it do not count. */
                        trusted: boolean;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explainVerdict: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        digest: string;
                        /** @description False: no rule is about it, or nothing can run it. */
                        judged: boolean;
                        /**
                         * @description "unknown": nobody can say now, and it is not handed out where a rule is enforced.
                         * @enum {string}
                         */
                        outcome: "pass" | "warn" | "unknown" | "refuse";
                        /** @description Whose rules these are; absent: none is about it. */
                        project?: string;
                        rules: {
                            exemption?: string;
                            findings?: {
                                fixedVersion?: string;
                                package: string;
                                severity: string;
                                version: string;
                                vulnerability: string;
                            }[];
                            /** @enum {string} */
                            mode: "off" | "warn" | "enforce";
                            /** @enum {string} */
                            outcome: "pass" | "warn" | "violated" | "exempted" | "unknown";
                            policy: string;
                            text: string;
                        }[];
                        /**
                         * Format: date-time
                         * @description When time changes it; absent: only a change does.
                         */
                        validUntil?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewDelete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description The whole repository; it is counted, not listed.
                     * @default false
                     */
                    all?: boolean;
                    digests?: string[];
                    /**
                     * @description How many of each kind to list.
                     * @default 100
                     */
                    limit?: number;
                    /** @default [] */
                    tags?: string[];
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Free once they left the recycle bin: each blob once, and none that anything else needs, as far as the caller may see: what only repositories hold that he may not pull from counts as free, unless he is administrator or auditor. */
                        bytes: number;
                        items: {
                            keptTags: {
                                digest: string;
                                reason: string;
                                repository: string;
                                tag: string;
                            }[];
                            manifests: {
                                bytes: number;
                                digest: string;
                                repository: string;
                            }[];
                            tags: {
                                digest: string;
                                repository: string;
                                tag: string;
                            }[];
                        };
                        /** @description Wanted gone, but immutable or in use. */
                        keptTags: number;
                        manifests: number;
                        tags: number;
                        /** @description There are more than are listed; the numbers are of all. */
                        truncated: boolean;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    promote: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description NAME:TAG or NAME@DIGEST. */
                    from: string;
                    /** @description Signatures and the like go along; absent: they do. */
                    referrers?: boolean;
                    /** @description Absent: the tag that it comes from. */
                    tags?: string[];
                };
            };
        };
        responses: {
            /** @description The answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description That were not here. */
                        blobs: number;
                        /** @description sha256:… or sha512:… */
                        digest: string;
                        /** @description That were not here. */
                        manifests: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTags: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
                q?: string;
                sort?: "name" | "-name" | "pushed" | "-pushed";
            };
            header?: never;
            path: {
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            digest: string;
                            /** @description Manifest, config and layers together; absent for an index. */
                            imageBytes?: number;
                            mediaType: string;
                            /** @description Name of a tag. */
                            name: string;
                            /** @description What it runs on, as it says: linux/arm64/v8, …; of an index that is not very large all of them. */
                            platforms?: string[];
                            /**
                             * Format: date-time
                             * @description When it was last pulled by this name, to within a minute.
                             */
                            pulledAt?: string;
                            /**
                             * Format: date-time
                             * @description When it was last set.
                             */
                            pushedAt: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                        /** @description Of all tags; on the first page of all. */
                        total?: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
                tag: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        digest: string;
                        /** @description Manifest, config and layers together; absent for an index. */
                        imageBytes?: number;
                        mediaType: string;
                        /** @description Name of a tag. */
                        name: string;
                        /** @description What it runs on, as it says: linux/arm64/v8, …; of an index that is not very large all of them. */
                        platforms?: string[];
                        /**
                         * Format: date-time
                         * @description When it was last pulled by this name, to within a minute.
                         */
                        pulledAt?: string;
                        /**
                         * Format: date-time
                         * @description When it was last set.
                         */
                        pushedAt: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setTag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
                tag: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description A tag or digest of the same repository. */
                    from: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        digest: string;
                        /** @description Manifest, config and layers together; absent for an index. */
                        imageBytes?: number;
                        mediaType: string;
                        /** @description Name of a tag. */
                        name: string;
                        /** @description What it runs on, as it says: linux/arm64/v8, …; of an index that is not very large all of them. */
                        platforms?: string[];
                        /**
                         * Format: date-time
                         * @description When it was last pulled by this name, to within a minute.
                         */
                        pulledAt?: string;
                        /**
                         * Format: date-time
                         * @description When it was last set.
                         */
                        pushedAt: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteTag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
                tag: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    expireTag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
                tag: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: date-time */
                    at: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    keepTag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
                tag: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explainTag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
                tag: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The manifest that it belongs to, such as the image that it signs. */
                        about?: string;
                        digest: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        expiresAt?: string;
                        /** @enum {string} */
                        expirySource?: "label" | "user";
                        /**
                         * Format: date-time
                         * @description When it goes if nothing changes; absent: nobody can say.
                         */
                        goesAt?: string;
                        /** @description It is immutable or in use. */
                        keptBy?: string;
                        manifest: {
                            goes: boolean;
                            reason: string;
                        };
                        /**
                         * Format: date-time
                         * @description Absent: never, as far as anybody remembers.
                         */
                        pulledAt?: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        pushedAt: string;
                        reason: string;
                        /** @description Those that select it. */
                        rules: {
                            conditions: {
                                /** @enum {string} */
                                condition: "lastPushed" | "lastPulled" | "pushedWithin" | "pulledWithin";
                                keeps: boolean;
                                /** @description How many tags are selected. */
                                of?: number;
                                /** @description Among the selected tags of the repository; 1 is the newest. */
                                rank?: number;
                                /**
                                 * Format: date-time
                                 * @description When it ends to keep the tag, unless that is pushed or pulled again.
                                 */
                                until?: string;
                            }[];
                            id: number;
                            /** @description Any one of these keeps a tag; with none of them every selected tag goes, unless another rule keeps it. */
                            keep?: {
                                /** @description The same of those pulled last; a tag that was never pulled is none of them. */
                                lastPulled?: number;
                                /** @description So many of the selected tags of a repository, those pushed last. */
                                lastPushed?: number;
                                /** @description Tags pulled in this time. */
                                pulledWithin?: string;
                                /** @description Tags pushed in this time, for example "30d". */
                                pushedWithin?: string;
                            };
                            keeps: boolean;
                            /**
                             * @description Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.
                             * @default
                             */
                            repositories: string;
                            /** @description Which tags it is about: a glob, "regex:" RE2, "semver:" range, "!" before it for all others. */
                            tags?: string;
                            /** @description After which manifests without a name go in these repositories, instead of gc.untagged. */
                            untagged?: string | "never";
                        }[];
                        tag: string;
                        /** @enum {string} */
                        verdict: "kept" | "goes";
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restoreTag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
                tag: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description sha256:… or sha512:… */
                        digest: string;
                        /** @description Absent: the tag was not there. */
                        previous?: string;
                        /** @description Whether its manifest came back from the recycle bin. */
                        restored: boolean;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rollBackTag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
                tag: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: date-time
                     * @description What it named at this moment.
                     */
                    at?: string;
                    /** @description Something that the tag named before. */
                    to?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description sha256:… or sha512:… */
                        digest: string;
                        /** @description Absent: the tag was not there. */
                        previous?: string;
                        /** @description Whether its manifest came back from the recycle bin. */
                        restored: boolean;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRepositoryUsage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Of what the repository holds, each blob counted once. */
                        bytes: number;
                        /** @description False: there are very many blobs, and the smaller ones were left out. */
                        isComplete: boolean;
                        /** @description That one first; tags that hold nothing alone are absent. */
                        items: {
                            /** @description Of blobs that no other tag of the repository needs; other repositories may hold them too. */
                            bytes: number;
                            digest: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            pushedAt: string;
                            /** @description Name of a tag. */
                            tag: string;
                        }[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRobot: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            disabled: boolean;
                            /**
                             * Format: date-time
                             * @description Absent: never.
                             */
                            expiresAt?: string;
                            hasSecret: boolean;
                            /** @description Whose rights bound it; absent: the operator’s, who may do everything. */
                            maker?: string;
                            /** @description Full name of a robot: robot.PROJECT.NAME. */
                            name: string;
                            /**
                             * Format: date-time
                             * @description To the hour.
                             */
                            usedAt?: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createRobot: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description 90 when absent; null: never. */
                    expiresInDays?: number | null;
                    name: string;
                    /** @description It is known by workload tokens only. */
                    withoutSecret?: boolean;
                };
            };
        };
        responses: {
            /** @description The answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        expiresAt?: string;
                        /** @description Full name of a robot: robot.PROJECT.NAME. */
                        name: string;
                        /** @description Shown here and never again. */
                        secret?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRobot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                robot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        disabled: boolean;
                        /**
                         * Format: date-time
                         * @description Absent: never.
                         */
                        expiresAt?: string;
                        hasSecret: boolean;
                        /** @description Whose rights bound it; absent: the operator’s, who may do everything. */
                        maker?: string;
                        /** @description Full name of a robot: robot.PROJECT.NAME. */
                        name: string;
                        /**
                         * Format: date-time
                         * @description To the hour.
                         */
                        usedAt?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeRobot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                robot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeRobot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                robot: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    disabled?: boolean;
                    expiresInDays?: number;
                    takeOver?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateRobotSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                robot: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    expiresInDays?: number;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        expiresAt?: string;
                        /** @description Full name of a robot: robot.PROJECT.NAME. */
                        name: string;
                        /** @description Shown here and never again. */
                        secret?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRobotTrust: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                robot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            claims: {
                                [key: string]: string;
                            };
                            id: number;
                            issuer: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addRobotTrust: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                robot: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description What its token must say; "*" stands for any characters. */
                    claims: {
                        [key: string]: string;
                    };
                    /** @description Name of a workload issuer in the configuration. */
                    issuer: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeRobotTrust: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                robot: string;
                rule: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listScanners: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Where it is: an address, or a program on the server. */
                            at: string;
                            /** @description How a secret is said to it; nobody can read the secret here. */
                            authentication: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            createdBy: string;
                            enabled: boolean;
                            /** @enum {string} */
                            kind: "harbor" | "trivy" | "grype";
                            /** @description Name of a scanner that is not ours. */
                            name: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addScanner: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Whether it may be at an address of a private network, or of this machine.
                     * @default false
                     */
                    allowPrivate?: boolean;
                    /**
                     * @description How its secret is said to it.
                     * @default none
                     * @enum {string}
                     */
                    authentication?: "none" | "basic" | "bearer" | "api-key";
                    /** @description Authorities of its certificate, PEM, instead of the system’s. */
                    ca?: string;
                    /**
                     * @description Whether plain HTTP is allowed to another machine.
                     * @default false
                     */
                    insecureHttp?: boolean;
                    /** @description Name of a scanner that is not ours. */
                    name: string;
                    /** @description How it reaches this registry, where that is not the external URL. */
                    registryUrl?: string;
                    secret?: string;
                    /**
                     * @description For a scan.
                     * @default 1800
                     */
                    timeoutSeconds?: number;
                    /** @description https://HOST, or a path at it; without /api/v1. */
                    url: string;
                    /** @description With the authentication "basic". */
                    username?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Where it is: an address, or a program on the server. */
                        at: string;
                        /** @description How a secret is said to it; nobody can read the secret here. */
                        authentication: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        createdBy: string;
                        enabled: boolean;
                        /** @enum {string} */
                        kind: "harbor" | "trivy" | "grype";
                        /** @description Name of a scanner that is not ours. */
                        name: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeScanner: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scanner: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeScanner: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scanner: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    enabled: boolean;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Where it is: an address, or a program on the server. */
                        at: string;
                        /** @description How a secret is said to it; nobody can read the secret here. */
                        authentication: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        createdBy: string;
                        enabled: boolean;
                        /** @enum {string} */
                        kind: "harbor" | "trivy" | "grype";
                        /** @description Name of a scanner that is not ours. */
                        name: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testScanner: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scanner: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description How old its data is, where it says so.
                         */
                        dataUpdatedAt?: string;
                        name?: string;
                        problem?: string;
                        usable: boolean;
                        vendor?: string;
                        version?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getScrub: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Not served until an image with them is pushed again, which mends them; 1000 at most. */
                        damaged: {
                            bytes: number;
                            digest: string;
                            /** @description How many others hold it. */
                            moreRepositories: number;
                            /** @description That hold it; 3 at most. */
                            repositories: string[];
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            since: string;
                        }[];
                        lastPass?: {
                            blobs: number;
                            bytes: number;
                            damaged: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            endedAt: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                        };
                        /** @description The one that is running. */
                        pass?: {
                            blobs: number;
                            bytes: number;
                            damaged: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            startedAt: string;
                            /** @description All digests up to this one were read. */
                            through: string;
                        };
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    search: {
        parameters: {
            query: {
                after?: string;
                kinds?: string;
                limit?: number;
                q: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            digest?: string;
                            /** @enum {string} */
                            kind: "repository" | "tag" | "digest" | "label" | "annotation" | "package" | "vulnerability";
                            /** @description By what it was found: a label’s name and value, a package’s name and version. */
                            matched: {
                                name: string;
                                value: string;
                            };
                            repository: string;
                            tag?: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            default?: string;
                            description: string;
                            /** @description A part of the value may be a secret and is not shown. */
                            isHidden: boolean;
                            key: string;
                            /**
                             * @description "distribution": a file or variables of distribution, which were understood.
                             * @enum {string}
                             */
                            origin: "default" | "file" | "environment" | "flag" | "distribution";
                            /** @description As a file has it; absent: none. */
                            value?: string | number | boolean | string[];
                        }[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSources: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Patterns of repository names at the remote, as in docker.io library/*; empty: all. */
                            allow: string[];
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            /** @description So long after it was compared with the remote a tag is taken for what it was. */
                            freshSeconds: number;
                            id: number;
                            /**
                             * @description cache: the remote decides what a tag names. fallback: asked only for what is not here.
                             * @enum {string}
                             */
                            mode: "cache" | "fallback";
                            /** @description So long it is believed that the remote does not have something. */
                            negativeSeconds: number;
                            /** @description Of an image that is pulled these platforms come along: linux/arm64. */
                            platforms: string[];
                            /** @description Its place in the order in which the sources of a project are asked. */
                            position: number;
                            /** @description Stands before the rest of a name at the remote: library/. */
                            prefix: string;
                            /** @description Absent: of the whole registry. */
                            project?: string;
                            /** @description Name of the remote. */
                            remote: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addSource: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Patterns of repository names at the remote, as in docker.io library/*; empty: all. */
                    allow?: string[];
                    /** @description So long after it was compared with the remote a tag is taken for what it was. */
                    freshSeconds?: number;
                    /**
                     * @description cache: the remote decides what a tag names. fallback: asked only for what is not here.
                     * @enum {string}
                     */
                    mode?: "cache" | "fallback";
                    /** @description So long it is believed that the remote does not have something. */
                    negativeSeconds?: number;
                    /** @description Of an image that is pulled these platforms come along: linux/arm64. */
                    platforms?: string[];
                    /** @description Its place in the order in which the sources of a project are asked. */
                    position?: number;
                    /** @description Stands before the rest of a name at the remote: library/. */
                    prefix?: string;
                    /** @description Absent: of the whole registry. */
                    project?: string;
                    /** @description Name of the remote. */
                    remote: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Patterns of repository names at the remote, as in docker.io library/*; empty: all. */
                        allow: string[];
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /** @description So long after it was compared with the remote a tag is taken for what it was. */
                        freshSeconds: number;
                        id: number;
                        /**
                         * @description cache: the remote decides what a tag names. fallback: asked only for what is not here.
                         * @enum {string}
                         */
                        mode: "cache" | "fallback";
                        /** @description So long it is believed that the remote does not have something. */
                        negativeSeconds: number;
                        /** @description Of an image that is pulled these platforms come along: linux/arm64. */
                        platforms: string[];
                        /** @description Its place in the order in which the sources of a project are asked. */
                        position: number;
                        /** @description Stands before the rest of a name at the remote: library/. */
                        prefix: string;
                        /** @description Absent: of the whole registry. */
                        project?: string;
                        /** @description Name of the remote. */
                        remote: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Patterns of repository names at the remote, as in docker.io library/*; empty: all. */
                        allow: string[];
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /** @description So long after it was compared with the remote a tag is taken for what it was. */
                        freshSeconds: number;
                        id: number;
                        /**
                         * @description cache: the remote decides what a tag names. fallback: asked only for what is not here.
                         * @enum {string}
                         */
                        mode: "cache" | "fallback";
                        /** @description So long it is believed that the remote does not have something. */
                        negativeSeconds: number;
                        /** @description Of an image that is pulled these platforms come along: linux/arm64. */
                        platforms: string[];
                        /** @description Its place in the order in which the sources of a project are asked. */
                        position: number;
                        /** @description Stands before the rest of a name at the remote: library/. */
                        prefix: string;
                        /** @description Absent: of the whole registry. */
                        project?: string;
                        /** @description Name of the remote. */
                        remote: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Patterns of repository names at the remote, as in docker.io library/*; empty: all. */
                    allow?: string[];
                    /** @description So long after it was compared with the remote a tag is taken for what it was. */
                    freshSeconds?: number;
                    /**
                     * @description cache: the remote decides what a tag names. fallback: asked only for what is not here.
                     * @enum {string}
                     */
                    mode?: "cache" | "fallback";
                    /** @description So long it is believed that the remote does not have something. */
                    negativeSeconds?: number;
                    /** @description Of an image that is pulled these platforms come along: linux/arm64. */
                    platforms?: string[];
                    /** @description Its place in the order in which the sources of a project are asked. */
                    position?: number;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Patterns of repository names at the remote, as in docker.io library/*; empty: all. */
                        allow: string[];
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        /** @description So long after it was compared with the remote a tag is taken for what it was. */
                        freshSeconds: number;
                        id: number;
                        /**
                         * @description cache: the remote decides what a tag names. fallback: asked only for what is not here.
                         * @enum {string}
                         */
                        mode: "cache" | "fallback";
                        /** @description So long it is believed that the remote does not have something. */
                        negativeSeconds: number;
                        /** @description Of an image that is pulled these platforms come along: linux/arm64. */
                        platforms: string[];
                        /** @description Its place in the order in which the sources of a project are asked. */
                        position: number;
                        /** @description Stands before the rest of a name at the remote: library/. */
                        prefix: string;
                        /** @description Absent: of the whole registry. */
                        project?: string;
                        /** @description Name of the remote. */
                        remote: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSystem: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        counts: {
                            blobs: number;
                            /**
                             * Format: date-time
                             * @description Of tags, manifests and blobs; where there are very many, a while ago.
                             */
                            countedAt: string;
                            /** @description Also those in the recycle bin. */
                            manifests: number;
                            projects: number;
                            repositories: number;
                            robots: number;
                            /** @description Of blobs, each once however many repositories hold it. */
                            storedBytes: number;
                            tags: number;
                            users: number;
                        };
                        database: {
                            bytes: number;
                            /** @enum {string} */
                            kind: "sqlite" | "postgres";
                        };
                        externalUrl?: string;
                        /** @description Why not. */
                        problems: string[];
                        /** @description What /readyz says. */
                        ready: boolean;
                        runtime: string;
                        server: {
                            host: string;
                            /** @description Of this start; /replicas has all servers that are there. */
                            id: string;
                            /** @description Processes that serve. */
                            workers: number;
                        };
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        startedAt: string;
                        storage: {
                            /** @description Where blobs are files: of the disk that they are on. */
                            disk?: {
                                freeBytes: number;
                                totalBytes: number;
                            };
                            /** @description By this registry; a bucket may do so besides. */
                            isEncrypted: boolean;
                            /** @enum {string} */
                            kind: "files" | "s3" | "azure" | "gs";
                        };
                        uptimeSeconds: number;
                        version: string;
                        /** @description Absent: images are not looked into. */
                        vulnerabilityData?: {
                            /** @description Why the last update failed, by ecosystem. */
                            problems: string[];
                            records: number;
                            /**
                             * Format: date-time
                             * @description Of the oldest part; absent: there is none.
                             */
                            updatedAt?: string;
                        };
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRegistryUsage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        blobs: number;
                        /**
                         * Format: date-time
                         * @description Where there is very much, a while ago.
                         */
                        countedAt: string;
                        /** @description The 50 repositories that hold most alone, that one first. */
                        largest: {
                            bytes: number;
                            /** @description Name of a repository; a slash in it is written %2F in a path. */
                            repository: string;
                            /** @description Of what no other repository holds: deleting frees them. */
                            uniqueBytes: number;
                        }[];
                        /** @description As if repositories shared nothing. */
                        logicalBytes: number;
                        /** @description The 50 that hold most alone, that one first. */
                        projects: {
                            /** @description Summed over its repositories. */
                            bytes: number;
                            /** @description Absent: the repositories that belong to none. */
                            project?: string;
                            repositories: number;
                            /** @description Of what only one repository holds, summed. */
                            uniqueBytes: number;
                        }[];
                        recycleBin: {
                            /** @description Of what nothing visible holds any more: gone when the bin is emptied, at the latest. */
                            bytes: number;
                            deletions: number;
                        };
                        repositories: number;
                        /** @description Of blobs, each once. */
                        storedBytes: number;
                        tags: number;
                        /** @description Already nobody’s, and removed from the store as soon as no download can be reading them. */
                        trash: {
                            bytes: number;
                            objects: number;
                        };
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRegistryUsageHistory: {
        parameters: {
            query?: {
                days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: date */
                            day: string;
                            /** @description As if repositories shared nothing. */
                            logicalBytes: number;
                            repositories: number;
                            /** @description Of blobs, each once. */
                            storedBytes: number;
                            tags: number;
                        }[];
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listUsers: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            disabled: boolean;
                            email?: string;
                            hasPassword: boolean;
                            /** @description Name of a user. */
                            name: string;
                            /** @enum {string} */
                            systemRole: "administrator" | "auditor" | "none";
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    email?: string;
                    /** @description Name of a user. */
                    name: string;
                    password?: string;
                    /**
                     * @default none
                     * @enum {string}
                     */
                    systemRole?: "administrator" | "auditor" | "none";
                };
            };
        };
        responses: {
            /** @description The answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        disabled: boolean;
                        email?: string;
                        hasPassword: boolean;
                        /** @description Name of a user. */
                        name: string;
                        /** @enum {string} */
                        systemRole: "administrator" | "auditor" | "none";
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        disabled: boolean;
                        email?: string;
                        groups: string[];
                        hasPassword: boolean;
                        /** @description Name of a user. */
                        name: string;
                        providers: string[];
                        /** @enum {string} */
                        systemRole: "administrator" | "auditor" | "none";
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    disabled?: boolean;
                    email?: string;
                    password?: string;
                    /** @enum {string} */
                    systemRole?: "administrator" | "auditor" | "none";
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listUserKeys: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            expiresAt: string;
                            id: string;
                            name: string;
                            /** @description Absent: everything its owner may do. */
                            scopes?: {
                                actions: string[];
                                pattern: string;
                            }[];
                            /**
                             * Format: date-time
                             * @description To the hour.
                             */
                            usedAt?: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeUserKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOutUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getVulnerabilityData: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ecosystems: {
                            ecosystem: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            newestRecord?: string;
                            problem?: string;
                            records: number;
                            source?: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            triedAt?: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            updatedAt?: string;
                        }[];
                        records: number;
                        sizeBytes: number;
                        version?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            allowPrivate: boolean;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            createdAt: string;
                            enabled: boolean;
                            /**
                             * Format: date-time
                             * @description Absent: the last message was taken.
                             */
                            failingSince?: string;
                            id: number;
                            insecureHttp: boolean;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            nextAttemptAt?: string;
                            repositories: string;
                            /** @enum {string} */
                            shape: "cloudevents" | "distribution" | "harbor" | "slack";
                            signed: boolean;
                            tags: string;
                            /** @description manifest.pushed, or everything that begins with "manifest."; empty: all. */
                            types: string[];
                            /** @description https://HOST/PATH. */
                            url: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Whether it may be in a private network; for administrators to say. */
                    allowPrivate?: boolean;
                    enabled?: boolean;
                    /** @description Whether plain http is allowed; for administrators to say. */
                    insecureHttp?: boolean;
                    /** @description Whole names: "*" any characters but a slash, "**" any; empty: all. */
                    repositories?: string;
                    /** @description What messages are signed with (Berth-Signature). Encrypted where it is stored, and never shown. */
                    secret?: string;
                    /**
                     * @description cloudevents when absent.
                     * @enum {string}
                     */
                    shape?: "cloudevents" | "distribution" | "harbor" | "slack";
                    /** @description Only events about such a tag; empty: all. */
                    tags?: string;
                    /** @description manifest.pushed, or everything that begins with "manifest."; empty: all. */
                    types?: string[];
                    /** @description https://HOST/PATH. */
                    url: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        allowPrivate: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        enabled: boolean;
                        /**
                         * Format: date-time
                         * @description Absent: the last message was taken.
                         */
                        failingSince?: string;
                        id: number;
                        insecureHttp: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        nextAttemptAt?: string;
                        repositories: string;
                        /** @enum {string} */
                        shape: "cloudevents" | "distribution" | "harbor" | "slack";
                        signed: boolean;
                        tags: string;
                        /** @description manifest.pushed, or everything that begins with "manifest."; empty: all. */
                        types: string[];
                        /** @description https://HOST/PATH. */
                        url: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                webhook: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        allowPrivate: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        enabled: boolean;
                        /**
                         * Format: date-time
                         * @description Absent: the last message was taken.
                         */
                        failingSince?: string;
                        id: number;
                        insecureHttp: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        nextAttemptAt?: string;
                        repositories: string;
                        /** @enum {string} */
                        shape: "cloudevents" | "distribution" | "harbor" | "slack";
                        signed: boolean;
                        tags: string;
                        /** @description manifest.pushed, or everything that begins with "manifest."; empty: all. */
                        types: string[];
                        /** @description https://HOST/PATH. */
                        url: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                webhook: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                webhook: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Whether it may be in a private network; for administrators to say. */
                    allowPrivate?: boolean;
                    enabled?: boolean;
                    /** @description Whether plain http is allowed; for administrators to say. */
                    insecureHttp?: boolean;
                    /** @description Whole names: "*" any characters but a slash, "**" any; empty: all. */
                    repositories?: string;
                    secret?: string | null;
                    /**
                     * @description cloudevents when absent.
                     * @enum {string}
                     */
                    shape?: "cloudevents" | "distribution" | "harbor" | "slack";
                    /** @description Only events about such a tag; empty: all. */
                    tags?: string;
                    /** @description manifest.pushed, or everything that begins with "manifest."; empty: all. */
                    types?: string[];
                    /** @description https://HOST/PATH. */
                    url?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        allowPrivate: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        createdAt: string;
                        enabled: boolean;
                        /**
                         * Format: date-time
                         * @description Absent: the last message was taken.
                         */
                        failingSince?: string;
                        id: number;
                        insecureHttp: boolean;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC.
                         */
                        nextAttemptAt?: string;
                        repositories: string;
                        /** @enum {string} */
                        shape: "cloudevents" | "distribution" | "harbor" | "slack";
                        signed: boolean;
                        tags: string;
                        /** @description manifest.pushed, or everything that begins with "manifest."; empty: all. */
                        types: string[];
                        /** @description https://HOST/PATH. */
                        url: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                before?: number;
                limit?: number;
                state?: "delivered" | "failed" | "dead" | "replayed";
            };
            header?: never;
            path: {
                webhook: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC.
                             */
                            at: string;
                            event: number;
                            id: number;
                            problem?: string;
                            /** @enum {string} */
                            state: "delivered" | "failed" | "dead" | "replayed";
                            status?: number;
                            type: string;
                        }[];
                        /** @description Pass it as "after" for the next page; absent on the last. */
                        next?: string;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                webhook: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    delivery?: number;
                    since?: string;
                };
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        delivered: boolean;
                        problem?: string;
                        status?: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                webhook: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        delivered: boolean;
                        problem?: string;
                        status?: number;
                    };
                };
            };
            /** @description It cannot be done; the detail says why (RFC 9457). */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
