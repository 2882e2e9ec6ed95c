/** Names of the protocols and topics of MoDeST; the network adds the job's id. */
export const NOTICE_PROTOCOL = 'modest/notice'
export const PING_PROTOCOL = 'modest/ping'
export const VIEW_PROTOCOL = 'modest/view'
/** Where members say that they joined or left. */
export const MEMBERS_TOPIC = 'members'
/** Where the one who handed out the final model says that everybody has it. */
export const OVER_TOPIC = 'over'
