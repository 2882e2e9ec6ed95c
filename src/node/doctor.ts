/** `cli` does not import `train`: what the doctor command prints comes through here. */
export { type DoctorReport, doctorReport } from '../train/engine/doctor.ts'
